"""The rules that the Specs of Google Cloud see by themselves."""

from __future__ import annotations

from components.catalog.spec_rule import SpecRule

SPEC_RULES_GCP: tuple[SpecRule, ...] = (
    SpecRule(
        "ACC11",
        "a pod that waits for a machine that is not sold",
        "A program asks for TPUs or for other devices: no machine has both.",
    ),
    SpecRule(
        "ACC18",
        "pods that listen where the runtime of the TPUs does",
        "The rendezvous of a program with TPUs has another port than their runtime.",
    ),
    SpecRule(
        "ACC19",
        "pods that are joined in another order than their chips",
        "What GKE tells the pods of a slice about their place in it is left to GKE.",
    ),
    SpecRule(
        "FIL01",
        "an instance that Filestore does not make for its size",
        "Every tier of Filestore comes in sizes of its own.",
    ),
    SpecRule(
        "FIL02",
        "an instance that Filestore does not make for its place",
        "A tier is in a zone, which is said, or in the region.",
    ),
    SpecRule(
        "FIL03",
        "an instance that Filestore refuses to make",
        "Basic tiers speak NFS 3 only.",
    ),
    SpecRule(
        "FIL04",
        "a share that Filestore refuses",
        "A share's name has the letters, and as many, as its tier takes.",
    ),
    SpecRule(
        "FIL05",
        "IOPS that Filestore refuses",
        "IOPS are chosen for ZONAL and REGIONAL, in steps and within what is known.",
    ),
    SpecRule(
        "FIL06",
        "export options that Filestore refuses",
        "Who may mount a share is said once, by addresses that do not overlap.",
    ),
    SpecRule(
        "FIL07",
        "addresses that Filestore refuses or does not look at",
        "Direct peering takes a range of its tier's size, private services"
        " access the name of one.",
    ),
    SpecRule(
        "FIL08",
        "a setting of someone else's instance that has no effect",
        "What is said of an existing instance is set where it was made.",
    ),
    SpecRule(
        "FIL09",
        "an instance that is not found",
        "An instance is named by its id, or in full, and is where its name says.",
    ),
    SpecRule(
        "FIL10",
        "a mount of nothing",
        "The address of an existing instance is an IP address, with its share.",
    ),
    SpecRule(
        "FIL11",
        "an instance without the files of its backup",
        "A backup is named in full.",
    ),
    SpecRule(
        "FIL12",
        "an instance that Filestore refuses to make",
        "Basic tiers take no key of one's own.",
    ),
    SpecRule(
        "FIL13",
        "claims that stay Pending for want of a share",
        "Only ENTERPRISE has several shares, each of one of four sizes at most.",
    ),
    SpecRule(
        "FIL15",
        "a pod that waits for a mount that always fails",
        "A handle is what the driver of Filestore can take apart.",
    ),
    SpecRule(
        "FIL16",
        "a pod that waits for a mount that always fails",
        "A volume of Filestore says the address and the share.",
    ),
    SpecRule(
        "FUS01",
        "a mount that does not start",
        "Options are those that Cloud Storage FUSE has, on its command line"
        " or in its config file.",
    ),
    SpecRule(
        "FUS02",
        "a mount that is not what its options say",
        "Options that the driver leaves out are not given: what works stands"
        " in their place.",
    ),
    SpecRule(
        "FUS03",
        "a mount that does not start",
        "The value of an option is of the option's kind.",
    ),
    SpecRule(
        "FUS04",
        "two words for one thing",
        "What a bucket has a key for is said by it, and not as an option.",
    ),
    SpecRule(
        "FUS05",
        "an option that is gone tomorrow",
        "Options that are going away are not used.",
    ),
    SpecRule(
        "FUS06",
        "files that a program does not see",
        "The kernel keeps lists of files only on mounts that are read-only.",
    ),
    SpecRule(
        "FUS07",
        "a checkpoint that is half renamed",
        "Directories are renamed in buckets with a hierarchical namespace.",
    ),
    SpecRule(
        "FUS08",
        "a mount that does not start",
        "Parallel downloads need a file cache.",
    ),
    SpecRule(
        "FUS09",
        "a setting that nobody reads",
        "The attributes of a volume are those that the driver reads.",
    ),
    SpecRule(
        "FUS10",
        "a mount that the driver refuses",
        "The value of an attribute is of the attribute's kind.",
    ),
    SpecRule(
        "FUS11",
        "a mount of every bucket there is",
        "The handle of a volume is the name of one bucket.",
    ),
    SpecRule(
        "FUS12",
        "a cache larger than the node",
        "Profiles are left to the classes that GKE brings.",
    ),
    SpecRule(
        "FUS13",
        "a mount that is gone in the middle of a job",
        "The container that mounts a bucket has at least the memory that GKE gives it.",
    ),
    SpecRule(
        "FUS14",
        "a checkpoint that cannot be renamed",
        "A bucket for checkpoints has a hierarchical namespace.",
    ),
    SpecRule(
        "FUS15",
        "writes that are refused",
        "Whoever has no identity only reads.",
    ),
    SpecRule(
        "GCS01",
        "a bucket that Cloud Storage refuses",
        "A bucket's name has 3 to 63 lower-case letters, digits, '-', '_' and"
        " '.', and is no IP address.",
    ),
    SpecRule(
        "GCS02",
        "a name that Cloud Storage keeps for Google",
        "A bucket's name does not begin with goog, and has no google in it.",
    ),
    SpecRule(
        "GCS03",
        "a domain that is not yours",
        "A bucket's name with dots is a domain whose owner has shown that it"
        " is theirs.",
    ),
    SpecRule(
        "GCS04",
        "a bucket in no place",
        "A bucket is in a region or a multi-region.",
    ),
    SpecRule(
        "GCS05",
        "a bucket in two places that do not pair",
        "A bucket in several regions is in two of one continent.",
    ),
    SpecRule(
        "GCS06",
        "a bucket that Cloud Storage refuses",
        "Buckets of the class RAPID, and only those, are in one zone, with a"
        " hierarchical namespace.",
    ),
    SpecRule(
        "GCS07",
        "an age that Cloud Storage does not count",
        "Ages are whole days.",
    ),
    SpecRule(
        "GCS08",
        "a rule that never does anything",
        "Objects move on to colder classes, before they are deleted.",
    ),
    SpecRule(
        "GCS09",
        "a bucket that Cloud Storage refuses",
        "Deleted objects stay for 7 to 90 days, or not at all.",
    ),
    SpecRule(
        "GCS10",
        "objects that are billed after they are gone",
        "Objects stay in a class as long as it is billed in any case.",
    ),
    SpecRule(
        "GCS11",
        "a bucket that Cloud Storage refuses",
        "A retention policy is shorter than a hundred years.",
    ),
    SpecRule(
        "GCS12",
        "a bucket that may be refused",
        "Buckets with a hierarchical namespace are not known to have versions"
        " or a retention.",
    ),
    SpecRule(
        "GCS13",
        "a class that Autoclass takes back",
        "With Autoclass, objects begin in STANDARD and move by themselves.",
    ),
    SpecRule(
        "GCS14",
        "a cache that Cloud Storage refuses",
        "An Anywhere Cache keeps what nobody reads for an hour to a week.",
    ),
    SpecRule(
        "GCS15",
        "notifications that go nowhere",
        "A bucket tells a topic of Pub/Sub, by its full name.",
    ),
    SpecRule(
        "GCS16",
        "notifications of nothing",
        "A bucket tells of events that there are.",
    ),
    SpecRule(
        "GCS17",
        "a rule that does nothing",
        "A rule of a lifecycle says an age, and a move says when and where to.",
    ),
    SpecRule(
        "GCS18",
        "a setting that nobody makes",
        "Of a bucket that is used without being managed, nothing is set.",
    ),
    SpecRule(
        "GCS19",
        "a bucket that is replaced",
        "A bucket that is adopted keeps its name.",
    ),
    SpecRule(
        "GCS20",
        "a bucket in two places",
        "A bucket is in one location, in two regions, or in a zone.",
    ),
    SpecRule(
        "GCS21",
        "a bill for checkpoints that are gone",
        "A bucket for checkpoints says how long deleted objects stay.",
    ),
    SpecRule(
        "GCS22",
        "a rule that does nothing",
        "Rules about old versions stand on buckets that keep them.",
    ),
    SpecRule(
        "GCS24",
        "a bucket that cannot be deleted",
        "A bucket whose retention is locked is not one to delete.",
    ),
    SpecRule(
        "GCS27",
        "notifications that Cloud Storage refuses",
        "A bucket has at most 100 notifications, and 10 of one event.",
    ),
    SpecRule(
        "GKE01",
        "a cluster that is made beside the one that is meant",
        "A cluster of GKE is there already or is made, one of both.",
    ),
    SpecRule(
        "GKE02",
        "a cluster that is not found",
        "The name of a cluster of GKE has at most 40 lower-case letters,"
        " digits and '-'.",
    ),
    SpecRule(
        "GKE03",
        "a version that GKE does not know",
        "A version of GKE is such as 1.35 or 1.35.1-gke.1616000.",
    ),
    SpecRule(
        "GKE05",
        "a cluster that GKE does not make",
        "Who reaches the API server is named as IPv4 networks.",
    ),
    SpecRule(
        "GKE06",
        "an API server that everyone can try",
        "The API server is reached by those who need it, and not by the whole"
        " internet.",
    ),
    SpecRule(
        "GKE07",
        "a version that is said and not used",
        "The version of a cluster that is made is said below `create`.",
    ),
    SpecRule(
        "GKY01",
        "a key that is not there",
        "A key of Cloud KMS is named in full.",
    ),
    SpecRule(
        "GKY02",
        "data that an old version of a key encrypts",
        "Storage is given a key, and not one of its versions.",
    ),
    SpecRule(
        "GNT01",
        "a network that is made beside the one that is meant",
        "A VPC network is there already or is made, one of both.",
    ),
    SpecRule(
        "GNT02",
        "a network that Google Cloud does not make",
        "A range of addresses is an IPv4 network in CIDR notation with no"
        " bits of a host.",
    ),
    SpecRule(
        "GNT03",
        "a cluster without addresses",
        "A range of addresses has room for what it is for.",
    ),
    SpecRule(
        "GNT04",
        "a network that Google Cloud does not make",
        "The ranges of nodes, pods, Services and private services have no"
        " address in common.",
    ),
    SpecRule(
        "GNT05",
        "servers of the internet that are not reached",
        "A network has addresses that are of no one on the internet.",
    ),
    SpecRule(
        "GNT06",
        "a network or subnet that is not found",
        "A network, a subnet or a range is named as Google Cloud names it.",
    ),
    SpecRule(
        "GNT07",
        "requests to a zone that there is not",
        "A zone is the name of its region, '-' and a letter.",
    ),
    SpecRule(
        "GNT08",
        "nodes in a zone that there may not be",
        "A zone or a region is one that is known of Google Cloud.",
    ),
    SpecRule(
        "GNT10",
        "a zone that stands there twice",
        "A pool names each of its zones once.",
    ),
    SpecRule(
        "GPL01",
        "nodes of a machine that there is not",
        "A machine type of Google Cloud is one of those that its kind comes in.",
    ),
    SpecRule(
        "GPL02",
        "a pool that no one can make",
        "A pool without TPUs says its machine and how many nodes it has.",
    ),
    SpecRule(
        "GPL03",
        "a machine with GPUs that it cannot have",
        "GPUs are attached to machines of N1 alone, and others have their own.",
    ),
    SpecRule(
        "GPL04",
        "a number of GPUs that a machine cannot have",
        "A pool asks for as many GPUs as its machine has or may have.",
    ),
    SpecRule(
        "GPL05",
        "local SSDs that a machine cannot have",
        "A node has as many local SSDs as its machine comes with or may be given.",
    ),
    SpecRule(
        "GPL06",
        "local SSDs that a machine cannot have",
        "Local SSDs are asked of machines that can have some.",
    ),
    SpecRule(
        "GPL07",
        "scratch that is on the boot disk after all",
        "What local SSDs are for is said of nodes that have some.",
    ),
    SpecRule(
        "GPL08",
        "nodes that are not made",
        "Machines that stand close together are in one zone.",
    ),
    SpecRule(
        "GPL09",
        "nodes that are not made",
        "Machines that stand close together are of a family that is placed so.",
    ),
    SpecRule(
        "GPL10",
        "a reservation that is paid for and not used",
        "A reservation is named by nodes that are of one, and by no others.",
    ),
    SpecRule(
        "GPL11",
        "nodes that are not made",
        "Nodes that come when there is room have no least number.",
    ),
    SpecRule(
        "GPL13",
        "nodes that are not made",
        "Machines that are waited for stand close together only where GKE"
        " places them so.",
    ),
    SpecRule(
        "GPL14",
        "work that ends with the first machine that goes",
        "Machines that stand close together are better not spot.",
    ),
    SpecRule(
        "GPL15",
        "nodes that do not join their cluster",
        "Labels of nodes are not Kubernetes', GKE's or this project's own.",
    ),
    SpecRule(
        "GPL16",
        "a taint that stands there twice",
        "A pool states each taint once, and none that its nodes have in any case.",
    ),
    SpecRule(
        "GPL18",
        "pods that are evicted from a full disk",
        "A boot disk has room for the images of the pods.",
    ),
    SpecRule(
        "GPL19",
        "a driver that is chosen for nothing",
        "The driver of GPUs is chosen for nodes that have some.",
    ),
    SpecRule(
        "GPL21",
        "a disk that is attached twice",
        "A pool names each of its boot images once.",
    ),
    SpecRule(
        "GPL27",
        "nodes without room for pods",
        "A node is of a machine with room for more than GKE's own pods.",
    ),
    SpecRule(
        "MLU01",
        "a file system that is not made for its size",
        "Every throughput of Managed Lustre comes in sizes of its own.",
    ),
    SpecRule(
        "MLU02",
        "an instance that is refused for its id",
        "An instance's id has the letters that Google Cloud takes.",
    ),
    SpecRule(
        "MLU03",
        "a file system that is refused for its name",
        "A file system's name has at most 8 letters and digits, a letter first.",
    ),
    SpecRule(
        "MLU04",
        "a file system that is not found or not made",
        "An instance is named by its id, or in full, and is in one zone.",
    ),
    SpecRule(
        "MLU05",
        "a setting of someone else's file system that has no effect",
        "What is said of an existing instance is set where it was made.",
    ),
    SpecRule(
        "MLU06",
        "a mount of nothing",
        "The mount point of an existing instance says its address and file system.",
    ),
    SpecRule(
        "MLU07",
        "a pod that waits for a mount that always fails",
        "A handle is what the driver of Managed Lustre can take apart.",
    ),
    SpecRule(
        "MLU08",
        "a pod that waits for a mount that always fails",
        "A volume of Managed Lustre has only attributes that its driver knows.",
    ),
    SpecRule(
        "MLU09",
        "root that stays root",
        "Root becomes someone who is not root; exempt clients are named by"
        " their addresses.",
    ),
    SpecRule(
        "MLU10",
        "claims that stay Pending for want of a throughput",
        "A class of the driver's own says its throughput.",
    ),
    SpecRule(
        "MLU11",
        "a file system that is refused for its throughput",
        "Managed Lustre has four throughputs by the TiB, and the dynamic tier.",
    ),
    SpecRule(
        "PDK01",
        "a disk that Compute Engine refuses to make",
        "A disk has a type that there is, and that is in as many zones as it.",
    ),
    SpecRule(
        "PDK02",
        "a disk that Compute Engine refuses to make",
        "IOPS and throughput are chosen of types that let one choose them.",
    ),
    SpecRule(
        "PDK03",
        "a disk that Compute Engine refuses to make",
        "Provisioned IOPS are some that disks of the type have.",
    ),
    SpecRule(
        "PDK04",
        "a disk that is refused, or slower than it says",
        "Provisioned throughput is some that disks of the type have.",
    ),
    SpecRule(
        "PDK05",
        "a disk that Compute Engine refuses to make",
        "A disk has a size that disks of its type have.",
    ),
    SpecRule(
        "PDK06",
        "a disk that Compute Engine refuses to make",
        "IOPS and throughput go with the size of the disk.",
    ),
    SpecRule(
        "PDK07",
        "nodes that never come up",
        "Nodes boot from a disk of a type that their machine attaches and boots from.",
    ),
    SpecRule(
        "PDK08",
        "a disk with other content than was meant",
        "A disk is made from one thing, and one that others made is set up there.",
    ),
    SpecRule(
        "PDK09",
        "a disk or an image made of nothing that there is",
        "What a disk or an image is made from is a name of this stack or a full name.",
    ),
    SpecRule(
        "PDK10",
        "pods that wait for the one node that has the disk",
        "A disk that many read is of a type that several nodes attach.",
    ),
    SpecRule(
        "PDK11",
        "a class whose claims stay Pending",
        "Regional disks are of a type that can be, in two zones of one region.",
    ),
    SpecRule(
        "PDK12",
        "a class whose claims stay Pending",
        "A class has one storage pool for each of its zones, of a type with pools.",
    ),
    SpecRule(
        "PDK13",
        "a disk that is not found, or in another zone than its pods",
        "A disk that there is is named in full, and is in the zone of its name.",
    ),
    SpecRule(
        "PDK14",
        "a class whose claims stay Pending",
        "Parameters of a class of disks go together as the driver wants them.",
    ),
    SpecRule(
        "PDK15",
        "a pod that waits for a disk that there is not",
        "The handle of a disk of Google Cloud is its full name.",
    ),
    SpecRule(
        "PDK16",
        "a storage pool that Compute Engine refuses to make",
        "Disks of hyperdisk-throughput share no IOPS.",
    ),
    SpecRule(
        "PDK17",
        "a storage pool that Compute Engine refuses to make",
        "A storage pool has a capacity that pools are known to have.",
    ),
    SpecRule(
        "TPU01",
        "a node pool that GKE refuses",
        "A topology is one that the generation has, in the order that GKE writes.",
    ),
    SpecRule(
        "TPU02",
        "a slice that Google's own tools disagree on",
        "A topology and its machine are those that all of Google's tools know.",
    ),
    SpecRule(
        "TPU03",
        "pods that ask for half of a node, or for two",
        "Where two machines make a slice of one topology, the pool says which.",
    ),
    SpecRule(
        "TPU04",
        "a node pool that GKE refuses",
        "The machine is of the generation, and a slice is a whole number of them.",
    ),
    SpecRule(
        "TPU05",
        "a node pool in a zone that has no such TPUs",
        "A zone is known to have the generation.",
    ),
    SpecRule(
        "TPU06",
        "twice or half the chips that were meant",
        "A generation is said alone, and how many chips as the topology.",
    ),
    SpecRule(
        "TPU07",
        "a pool of TPUs of no certain size",
        "TPUs are a generation and a topology; other nodes have neither.",
    ),
    SpecRule(
        "TPU08",
        "a slice that is made in part",
        "Slices of several nodes are counted as slices, those of one as nodes.",
    ),
    SpecRule(
        "TPU09",
        "a node pool that GKE refuses",
        "All nodes of a slice are in one zone.",
    ),
    SpecRule(
        "TPU10",
        "a pod that no node with TPUs takes",
        "Nodes that are there have as many chips as their labels say.",
    ),
    SpecRule(
        "TVM01",
        "a TPU VM that the API refuses",
        "A TPU VM has a topology of its generation.",
    ),
    SpecRule(
        "TVM02",
        "a TPU VM that the API refuses",
        "A TPU VM has no more disks than its generation can have.",
    ),
    SpecRule(
        "TVM03",
        "a TPU VM that the API refuses",
        "A disk is attached to a TPU VM once.",
    ),
    SpecRule(
        "TVM04",
        "a TPU VM without its data",
        "A disk of a TPU VM is a name under platform.storage or a full name.",
    ),
    SpecRule(
        "TVM07",
        "a slice that no disk can be attached to",
        "The VMs of a slice only read a disk that they share.",
    ),
    SpecRule(
        "WID01",
        "more rights than reading needs",
        "A grant that only reads has the role that only reads.",
    ),
    SpecRule(
        "WID02",
        "writes that are refused",
        "A grant that writes has a role that does.",
    ),
    SpecRule(
        "WID03",
        "more rights than writing needs",
        "A grant that writes does not need objectAdmin.",
    ),
)
