"""The rules that one value, one Spec or the reading of a file can see by itself.

Rules over several Specs are functions and stand in `stacks.checks`; an id is in
one of the two places. `ml-storage rules` lists both.
"""

from __future__ import annotations

from components.catalog.rules_aws import SPEC_RULES_AWS
from components.catalog.rules_gcp import SPEC_RULES_GCP
from components.catalog.spec_rule import SpecRule

_RULES: tuple[SpecRule, ...] = (
    SpecRule(
        "ADD02",
        "an add-on that no one knows to be there or not, or of which version",
        "An add-on is there already or is installed, and then in one exact version.",
    ),
    SpecRule(
        "BKT21",
        "a program whose libraries cannot read the address of its data",
        "A bucket of `kind: bucket` is named `s3://BUCKET/PREFIX/`.",
    ),
    SpecRule(
        "BKT22",
        "a program that finds no server",
        "An endpoint is the http or https URL of a server that speaks S3, and no more.",
    ),
    SpecRule(
        "BKT23",
        "data that others read on the way, or a bucket asked for in the wrong place",
        "An endpoint is reached by https, or in a private network, is not the pod "
        "itself, and does not name the bucket.",
    ),
    SpecRule(
        "BKT24",
        "a program that is denied at its first write",
        "Anonymous requests only read: a bucket that is written to has a secret.",
    ),
    SpecRule(
        "BKT25",
        "a program that no server of AWS answers",
        "The region of a bucket on AWS is one that is known.",
    ),
    SpecRule(
        "CFG00",
        "a file that says something else than it seems to",
        "A stack's file is UTF-8, YAML of one document without duplicate keys, tags "
        "or cycles, and of a size and depth that a configuration has.",
    ),
    SpecRule(
        "CFG01",
        "a setting that is ignored for a slip of the pen",
        "Every key is known; the nearest one is named.",
    ),
    SpecRule(
        "CFG02",
        "a thing made without what it needs",
        "What has no default is required.",
    ),
    SpecRule(
        "CFG03",
        "a value that is read as something else",
        "A value has the type of its key: a text is not a number, nor `yes` a true.",
    ),
    SpecRule(
        "CFG04",
        "a choice that no one offers",
        "Where words are listed, the value is one of them.",
    ),
    SpecRule(
        "CFG05",
        "an empty or negative value where that means nothing",
        "A value is not empty and not less than the least that makes sense.",
    ),
    SpecRule(
        "CFG06",
        "a clean check of nothing",
        "Values that come from environments of the Pulumi service are not in the "
        "file: only `pulumi preview` sees them.",
    ),
    SpecRule(
        "CLS01",
        "a setting of a class that has no effect",
        "A class with `existing: true` is set where it was made.",
    ),
    SpecRule(
        "CLS03",
        "a class of another driver than its preset",
        "A preset is the class of one driver; a provisioner beside it is the same.",
    ),
    SpecRule(
        "CLS04",
        "a parameter that the driver ignores or refuses",
        "A driver in the catalog takes the parameters that it documents, each once.",
    ),
    SpecRule(
        "CLS05",
        "a claim that stays Pending for want of a parameter",
        "A parameter without which the driver makes no volume is required.",
    ),
    SpecRule(
        "CLS06",
        "a parameter that fails when the first volume is made",
        "A parameter has a value that the driver takes, alone and beside the others.",
    ),
    SpecRule(
        "CON01",
        "a team deployed on a torn contract",
        "A contract is whole: its digest is that of what it says, and every key of "
        "it is understood.",
    ),
    SpecRule(
        "CON02",
        "a contract read in another sense than it was written",
        "The environment and its teams are deployed by checkouts that know one "
        "version of the contract.",
    ),
    SpecRule(
        "CON03",
        "a team checked against an environment that is not there",
        "The environment's YAML says what is deployed: deploy it first.",
    ),
    SpecRule(
        "CON04",
        "a team on the storage of another environment",
        "The contract is the one of the environment that the team's stack names.",
    ),
    SpecRule(
        "CON05",
        "a team without an environment",
        "The environment is deployed before its teams.",
    ),
    SpecRule(
        "CON06",
        "a check that knows nothing of the environment",
        "A team's file is checked against the environment's file beside it, or its "
        "contract.",
    ),
    SpecRule(
        "CON07",
        "a team checked against a broken environment",
        "The environment's own file is right before its teams' are judged.",
    ),
    SpecRule(
        "DAT01",
        "an init container that can read nothing",
        "A source is the URL of one file (http, https) or of a bucket's objects "
        "(s3, gs).",
    ),
    SpecRule(
        "DAT02",
        "a password in the state, the pod and every log",
        "A URL holds no credentials.",
    ),
    SpecRule(
        "DAT03",
        "a download that the bucket's owner refuses",
        "A bucket whose readers pay wants to know who they are: it needs a secret.",
    ),
    SpecRule(
        "DAT04",
        "a download that can never be right",
        "A digest is the 64 hexadecimal digits of one file's SHA-256.",
    ),
    SpecRule(
        "DAT05",
        "training data that someone on the way has changed",
        "What comes over plain http is known by its digest.",
    ),
    SpecRule(
        "DEP01",
        "a mount that no pod can make",
        "The replicas of a deployment have no index.",
    ),
    SpecRule(
        "DEP02",
        "replicas that no one starts together",
        "A program of several nodes is a job.",
    ),
    SpecRule(
        "DEP03",
        "a replica whose state no one can ask for",
        "Whether a replica is ready is asked at its port.",
    ),
    SpecRule(
        "DEP04",
        "a Deployment that the API server refuses",
        "The seconds of a start are a number of 32 bits.",
    ),
    SpecRule(
        "DEP05",
        "a question that no server understands",
        "A path of HTTP begins with / and has no spaces.",
    ),
    SpecRule(
        "IMG01",
        "a pod that stays in InvalidImageName",
        "An image is a reference that a container runtime takes.",
    ),
    SpecRule(
        "IMG02",
        "two runs of one job with two programs",
        "An image has a version or a digest: `latest`, or none, moves.",
    ),
    SpecRule(
        "JOB01",
        "a pod that the API server refuses",
        "A limit is not less than the request.",
    ),
    SpecRule(
        "JOB02",
        "a pod on a GPU node that has no GPU of its own",
        "Who asks for a GPU product asks for a GPU, too.",
    ),
    SpecRule(
        "JOB03",
        "a parallelism that means nothing",
        "Only the indexes of a sweep run a few at a time.",
    ),
    SpecRule(
        "JOB04",
        "a program that is told another index or run than it has",
        "The variables that the job sets by itself are not set by hand.",
    ),
    SpecRule(
        "JOB05",
        "a mount that no pod can make",
        "A directory for each index needs indexes.",
    ),
    SpecRule(
        "JOB06",
        "a sweep whose pods wait for each other",
        "Indexes are programs of one pod each; several nodes are one program.",
    ),
    SpecRule(
        "JOB07",
        "a rendezvous of one",
        "Pods that meet are several.",
    ),
    SpecRule(
        "JOB08",
        "pods that never find each other",
        "The variables of the rendezvous are set by the job itself.",
    ),
    SpecRule(
        "JOB09",
        "a Job that the API server refuses",
        "A job has no more numbered pods and failures than Kubernetes counts.",
    ),
    SpecRule(
        "LBL01",
        "an object that the API server refuses",
        "The key of a label or taint is a qualified name.",
    ),
    SpecRule(
        "LBL02",
        "an object that the API server refuses",
        "The value of a label or taint is one short word.",
    ),
    SpecRule(
        "LIM01",
        "limits that the API server refuses, or that refuse every pod",
        "The least, the default request, the default and the most do not cross.",
    ),
    SpecRule(
        "MNT05",
        "a pod that never mounts its volume",
        "Mount options stand one to an item, and only where the driver takes any.",
    ),
    SpecRule(
        "NAM01",
        "an object that the API server refuses",
        "What names a volume, a job, a team or a pool is a DNS label.",
    ),
    SpecRule(
        "NAM02",
        "an object that the API server refuses",
        "A class, a node and a server are DNS names.",
    ),
    SpecRule(
        "NAM03",
        "a pod that the API server refuses",
        "An environment variable has a name that Kubernetes takes.",
    ),
    SpecRule(
        "PAT16",
        "data that is read as nobody knows whom, or of which nothing comes",
        "A staged source is a volume that is a bucket, or the URL of one file.",
    ),
    SpecRule(
        "PAT17",
        "checkpoints that no one removes, or that say two things of themselves",
        "A tier's `maxAge` is whole days, and `about` has none of a checkpoint's own "
        "words.",
    ),
    SpecRule(
        "PAT18",
        "a pattern of what is no volume",
        "A pattern is made of the team's volumes, each named, with the part of it.",
    ),
    SpecRule(
        "PAT19",
        "programs that fail before their data is there",
        "Who mounts what is staged waits for it at least as long as the staging waits "
        "for its source.",
    ),
    SpecRule(
        "PAT22",
        "a model that is never the new one",
        "A model's version names one, and not whichever is the newest.",
    ),
    SpecRule(
        "PTH01",
        "a directory that is not the one that was meant",
        "A directory on a node is an absolute path without '..' and ':'.",
    ),
    SpecRule(
        "PTH02",
        "a pod that takes over its node",
        "A volume is not a directory of the node's system, nor above one.",
    ),
    SpecRule(
        "PTH03",
        "a pod that the API server refuses",
        "A mount point is an absolute path without '..' and ':'.",
    ),
    SpecRule(
        "PTH04",
        "a container without its own programs",
        "No mount hides the container's system directories.",
    ),
    SpecRule(
        "PTH05",
        "a mount that leads out of its volume",
        "A directory inside a volume is a relative path without '..'.",
    ),
    SpecRule(
        "PTH06",
        "a mount of another directory than was exported",
        "An exported directory is an absolute path without '..' and ':'.",
    ),
    SpecRule(
        "QTY01",
        "5 bytes for 5 GiB",
        "A size, CPU or duration says its unit, in the words of Kubernetes.",
    ),
    SpecRule(
        "QTY02",
        "a volume of nothing",
        "A size is at least one byte: `m` is a thousandth.",
    ),
    SpecRule(
        "QTY03",
        "a limit that refuses what is far below it",
        "A quantity is less than 8Ei: what is more is cut off, and counted wrong.",
    ),
    SpecRule(
        "QUO05",
        "a ResourceQuota that the API server refuses",
        "A class with a quota has a name that leaves room for the quota's own words.",
    ),
    SpecRule(
        "SEC01",
        "a secret in plain text in the state",
        "Pulumi decrypts what is nested in a section: a secret is a key of its own.",
    ),
    SpecRule(
        "SEC05",
        "a secret committed with the YAML",
        "What stands under `secrets` is the name of a key, never the secret itself.",
    ),
    SpecRule(
        "SEC08",
        "a Secret that the API server refuses",
        "A variable of a secret is the name of an entry of a Secret, too.",
    ),
    SpecRule(
        "TEA05",
        "a namespace that everyone on the cluster deploys to",
        "A team's deployers are its own groups and users.",
    ),
    SpecRule(
        "VOL03",
        "two words for where a thing comes from",
        "What exists is used as it is, or taken into the stack, and has what it has.",
    ),
    SpecRule(
        "VOL04",
        "data deleted that others made",
        "What was adopted stays protected until it is the stack's own.",
    ),
    SpecRule(
        "VOL05",
        "a claim that the API server refuses",
        "ReadWriteOncePod stands alone.",
    ),
    SpecRule(
        "VOL06",
        "a promise about room that each pod has to itself",
        "What begins empty with each pod has no other writers and no readers.",
    ),
    SpecRule(
        "VOL10",
        "a restore that overwrites nothing and restores nothing",
        "A snapshot is restored into a new claim.",
    ),
    SpecRule(
        "WSP01",
        "a mount that no pod can make",
        "A workspace is one pod without an index.",
    ),
    SpecRule(
        "WSP02",
        "a workspace of pods that no one starts together",
        "A program of several nodes is a job.",
    ),
)

SPEC_RULES: tuple[SpecRule, ...] = tuple(
    sorted((*_RULES, *SPEC_RULES_AWS, *SPEC_RULES_GCP), key=lambda rule: rule.id)
)
"""Every rule of one Spec, by id."""

BY_ID = {rule.id: rule for rule in SPEC_RULES}
