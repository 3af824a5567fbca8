"""The rules that the Specs of AWS see by themselves."""

from __future__ import annotations

from components.catalog.spec_rule import SpecRule

SPEC_RULES_AWS: tuple[SpecRule, ...] = (
    SpecRule(
        "ACC04",
        "a pod that waits for a machine that is not sold",
        "A program asks for GPUs or for Neuron devices: no machine has both.",
    ),
    SpecRule(
        "ACC07",
        "a pod that the API server refuses",
        "Huge pages, which come with EFA, need CPU or memory stated beside them.",
    ),
    SpecRule(
        "ACC08",
        "a pod that the API server refuses",
        "Huge pages are asked for in multiples of 2Mi.",
    ),
    SpecRule(
        "ACC10",
        "training on one core of many",
        "A program of several nodes with Neuron devices that torchrun starts says how"
        " many processes a pod has.",
    ),
    SpecRule(
        "AWS27",
        "storage that is declared and not made",
        "Network, keys and storage are in one stack, and not in two.",
    ),
    SpecRule(
        "AWS35",
        "a mount that asks a server that there is not",
        "A volume of FSx for Lustre says its server and its mount name, and no more.",
    ),
    SpecRule(
        "AWS36",
        "a pod that waits for a disk that there is not",
        "The handle of a disk of EBS is its id.",
    ),
    SpecRule(
        "BKT01",
        "a bucket that S3 refuses",
        "A bucket's name has 3 to 63 lower-case letters, digits, '-' and '.', and is "
        "no IP address.",
    ),
    SpecRule(
        "BKT02",
        "a name that S3 keeps for itself",
        "A bucket's name has none of the reserved beginnings and ends.",
    ),
    SpecRule(
        "BKT03",
        "a directory bucket under a name that is none",
        "The name of a directory bucket ends with its zone's id and --x-s3.",
    ),
    SpecRule(
        "BKT04",
        "a directory bucket in another zone than was meant",
        "A directory bucket, and no other, says its zone by the id.",
    ),
    SpecRule(
        "BKT05",
        "a rule of a lifecycle that does nothing",
        "A rule says an age, and a move both when and where to.",
    ),
    SpecRule(
        "BKT06",
        "a setting that directory buckets refuse",
        "A directory bucket has no versions, classes, archive tiers or notifications.",
    ),
    SpecRule(
        "BKT07",
        "an age that S3 does not take",
        "Ages of objects are whole days.",
    ),
    SpecRule(
        "BKT08",
        "a lifecycle that S3 refuses",
        "Objects only move on to colder storage classes, one on a day.",
    ),
    SpecRule(
        "BKT09",
        "objects deleted before they move",
        "Objects are deleted later than they move.",
    ),
    SpecRule(
        "BKT10",
        "storage that costs more than it saves",
        "Objects stay in a class for the days that it is billed for.",
    ),
    SpecRule(
        "BKT11",
        "a lifecycle that S3 refuses",
        "A lifecycle has at most 1,000 rules.",
    ),
    SpecRule(
        "BKT12",
        "a rule about versions that no one keeps",
        "Old versions go only where versioning keeps them.",
    ),
    SpecRule(
        "BKT13",
        "an archive tier that S3 refuses",
        "Objects go to an archive tier within its limits of days.",
    ),
    SpecRule(
        "BKT14",
        "a program that fails at an archived file",
        "Data that programs read is in no archive class.",
    ),
    SpecRule(
        "BKT15",
        "a notification that reaches no one",
        "S3 tells a standard queue, a standard topic or a function, by its ARN.",
    ),
    SpecRule(
        "BKT16",
        "a notification of nothing",
        "Events are those that S3 knows.",
    ),
    SpecRule(
        "BKT17",
        "a bucket replaced when it was to be taken over",
        "A bucket that is adopted keeps its name.",
    ),
    SpecRule(
        "BKT18",
        "notifications that S3 refuses",
        "Two entries are never of the same event and object.",
    ),
    SpecRule(
        "BKT19",
        "a setting that is silently left out",
        "A bucket that is only used is not configured.",
    ),
    SpecRule(
        "BKT20",
        "a rule that another one hides",
        "One age is said once of the same objects.",
    ),
    SpecRule(
        "EBS01",
        "a disk that EC2 refuses to make",
        "Only gp3, io2 and io1 have IOPS to choose, and only gp3 has throughput.",
    ),
    SpecRule(
        "EBS02",
        "a class whose every claim fails",
        "IOPS are those of a disk or those for each GiB: the driver refuses both.",
    ),
    SpecRule(
        "EBS03",
        "a disk that EC2 refuses to make",
        "Disks of io2 and io1 are made with the IOPS that they are asked for.",
    ),
    SpecRule(
        "EBS04",
        "a disk refused, or slower than its class says",
        "IOPS are those that disks of the type have.",
    ),
    SpecRule(
        "EBS05",
        "a disk slower than its class says",
        "IOPS for each GiB are at most those that the type has.",
    ),
    SpecRule(
        "EBS07",
        "a disk that EC2 refuses to make",
        "Throughput is what disks of gp3 have.",
    ),
    SpecRule(
        "EBS08",
        "throughput that EC2 refuses for want of IOPS",
        "Throughput of gp3 takes IOPS: four for each MiB/s.",
    ),
    SpecRule(
        "EFS01",
        "a file system that EFS refuses to make",
        "Elastic throughput goes with the performance mode generalPurpose only.",
    ),
    SpecRule(
        "EFS02",
        "a file system that EFS refuses to make",
        "One Zone goes with the performance mode generalPurpose only.",
    ),
    SpecRule(
        "EFS03",
        "a file system that EFS refuses to make",
        "Provisioned throughput has an amount, and no other throughput has one.",
    ),
    SpecRule(
        "EFS04",
        "throughput that EFS refuses",
        "Provisioned throughput is at least 1 MiB/s and within the region's quota.",
    ),
    SpecRule(
        "EFS05",
        "a lifecycle that EFS refuses",
        "Files move after one of the numbers of days that EFS has.",
    ),
    SpecRule(
        "EFS06",
        "a lifecycle that EFS refuses",
        "Archive is of elastic throughput with the mode generalPurpose only.",
    ),
    SpecRule(
        "EFS07",
        "a lifecycle that EFS refuses",
        "Files move to Archive from Infrequent Access, and later than to it.",
    ),
    SpecRule(
        "EFS08",
        "a setting without any effect",
        "What others made has what they gave it, and is not configured here.",
    ),
    SpecRule(
        "EFS09",
        "a file system that is not found",
        "A file system is named by its id, not by its ARN, server or name.",
    ),
    SpecRule(
        "EFS11",
        "an access point that EFS refuses",
        "The mode of a directory is three or four octal digits.",
    ),
    SpecRule(
        "EFS12",
        "an access point that EFS refuses",
        "A directory has at most 4 names and 100 characters, with what is added.",
    ),
    SpecRule(
        "EFS13",
        "a class without a file system",
        "The directories of a class are in one file system, which it names.",
    ),
    SpecRule(
        "EFS14",
        "claims that stay Pending for want of a group id",
        "A range of group ids has a first and a last, and room for its claims.",
    ),
    SpecRule(
        "EFS16",
        "directories with other names than were meant",
        "Names of directories are made of what the driver knows, and plain text.",
    ),
    SpecRule(
        "EFS17",
        "a pod that waits for a mount that always fails",
        "A handle is what the driver of EFS can take apart.",
    ),
    SpecRule(
        "EFS18",
        "a pod that waits for a mount that always fails",
        "A volume of EFS has only attributes that its driver knows, and uses TLS.",
    ),
    SpecRule(
        "EFS19",
        "a pod that waits for a mount that always fails",
        "Mount options of EFS do not repeat or contradict what the driver does.",
    ),
    SpecRule(
        "EFS20",
        "a directory that no one can write to",
        "All that is done through an access point is done as its owner.",
    ),
    SpecRule(
        "EKS01",
        "a cluster that no one knows to be there or not",
        "A cluster is there already or is made, one of both.",
    ),
    SpecRule(
        "EKS02",
        "a cluster that is never found",
        "A cluster's name has the letters, digits, '-' and '_' that EKS takes.",
    ),
    SpecRule(
        "EKS03",
        "a version that EKS does not know",
        "A version of EKS is two numbers.",
    ),
    SpecRule(
        "EKS04",
        "a cluster of a version without support",
        "EKS supports the version on the day the table is of.",
    ),
    SpecRule(
        "EKS05",
        "an API server that the wrong addresses reach",
        "Who reaches the API server from outside is an IPv4 network.",
    ),
    SpecRule(
        "EKS06",
        "an API server that the whole internet reaches",
        "Public access is kept to networks that are known.",
    ),
    SpecRule(
        "EKS07",
        "an administrator who cannot come in",
        "An administrator is a role or user of IAM, each once.",
    ),
    SpecRule(
        "FSX01",
        "a file system that AWS does not make for its size",
        "Every type of FSx for Lustre comes in sizes of its own; INTELLIGENT_TIERING "
        "has none to choose.",
    ),
    SpecRule(
        "FSX02",
        "a file system refused for its throughput by the TiB",
        "Persistent types say one of their MB/s for each TiB; others say none.",
    ),
    SpecRule(
        "FSX03",
        "storage that the deployment type is not on",
        "HDD is of PERSISTENT_1 only, INTELLIGENT_TIERING of PERSISTENT_2.",
    ),
    SpecRule(
        "FSX04",
        "a version of Lustre that the file system cannot have",
        "PERSISTENT_2 has no 2.10, and a metadata configuration needs 2.15.",
    ),
    SpecRule(
        "FSX05",
        "a file system that clients stop mounting",
        "New file systems run Lustre 2.15: nodes of AL2023 and Auto Mode cannot mount"
        " 2.10.",
    ),
    SpecRule(
        "FSX06",
        "EFA that is refused, or comes in other sizes",
        "EFA is of PERSISTENT_2 on SSD, with a metadata configuration and in sizes of"
        " its own.",
    ),
    SpecRule(
        "FSX07",
        "metadata IOPS that no one offers",
        "Metadata IOPS are of PERSISTENT_2, and among those that AWS lists.",
    ),
    SpecRule(
        "FSX08",
        "a drive cache where there is none, or none said",
        "HDD says whether it has a drive cache, and only HDD does.",
    ),
    SpecRule(
        "FSX09",
        "a throughput of the whole that no one offers",
        "INTELLIGENT_TIERING has multiples of 4000 MB/s; others have no throughput of"
        " the whole.",
    ),
    SpecRule(
        "FSX10",
        "a read cache that is refused",
        "INTELLIGENT_TIERING says how large its read cache is, within what its "
        "throughput allows.",
    ),
    SpecRule(
        "FSX11",
        "backups that are never taken",
        "Scratch file systems, and those linked to a bucket, have no backups.",
    ),
    SpecRule(
        "FSX12",
        "backups kept for a time that is refused",
        "Automatic backups are kept 0 to 90 days; sources agree up to 35.",
    ),
    SpecRule(
        "FSX13",
        "a time or tags of backups that are not taken so",
        "The time of backups is HH:MM, and it and their tags go with how long they "
        "are kept.",
    ),
    SpecRule(
        "FSX14",
        "maintenance at another time than was meant",
        "The weekly window is d:HH:MM, UTC, with 1 for Monday.",
    ),
    SpecRule(
        "FSX15",
        "a key that is not used",
        "Whether scratch file systems take a key of one's own is not agreed on.",
    ),
    SpecRule(
        "FSX16",
        "root that stays root",
        "Root becomes a UID and GID that are not 0; exempt clients are named by their"
        " NIDs.",
    ),
    SpecRule(
        "FSX17",
        "a link that is refused",
        "SCRATCH_1 and Lustre 2.10 cannot be linked to buckets; for "
        "INTELLIGENT_TIERING it is not confirmed.",
    ),
    SpecRule(
        "FSX18",
        "links that are refused for their paths",
        "At most 8 links, whose paths begin with / and do not overlap; / stands alone.",
    ),
    SpecRule(
        "FSX19",
        "a link to no bucket, or to one twice",
        "A link names a bucket or an s3:// uri, and each is linked once.",
    ),
    SpecRule(
        "FSX20",
        "an import path that is refused or does nothing",
        "The driver's own link is not of PERSISTENT_2, begins with s3ImportPath and "
        "stays in one bucket.",
    ),
    SpecRule(
        "FSX21",
        "a setting of someone else's file system that has no effect",
        "What is said of an existing file system is set where it was made.",
    ),
    SpecRule(
        "FSX22",
        "a file system that is not found",
        "The id of a file system is fs- and hexadecimal digits.",
    ),
    SpecRule(
        "FSX23",
        "a parameter that an older driver ignores",
        "Drivers up to v1.9.0 know neither INTELLIGENT_TIERING nor skipFinalBackup.",
    ),
    SpecRule(
        "KEY01",
        "a key that is another one tomorrow",
        "A key is named by its ARN, not by an alias.",
    ),
    SpecRule(
        "KEY02",
        "an import that finds no key",
        "A key is imported by its id.",
    ),
    SpecRule(
        "KEY03",
        "a setting that is silently left out",
        "A key that is only used is not deleted from here.",
    ),
    SpecRule(
        "MPT01",
        "a mount that does not start",
        "Options are those that Mountpoint knows.",
    ),
    SpecRule(
        "MPT02",
        "an option that is dropped or refused",
        "Options are those that work in a pod.",
    ),
    SpecRule(
        "MPT03",
        "a mount of nothing",
        "A prefix ends with '/'.",
    ),
    SpecRule(
        "MPT04",
        "a mount that does not start",
        "An option has the value that Mountpoint takes.",
    ),
    SpecRule(
        "MPT05",
        "one thing said in two ways",
        "What a bucket's own keys say is not said as an option.",
    ),
    SpecRule(
        "MPT06",
        "an attribute that no one reads",
        "Attributes are those that the driver knows.",
    ),
    SpecRule(
        "MPT07",
        "a volume that the driver refuses",
        "Attributes have the values that the driver takes.",
    ),
    SpecRule(
        "MPT08",
        "a volume of no bucket",
        "The bucket is named by the attribute bucketName.",
    ),
    SpecRule(
        "MPT09",
        "a mount evicted with its cache",
        "A cache is said by attributes, which give it a limit.",
    ),
    SpecRule(
        "MPT10",
        "a mount evicted with its cache",
        "A cache has a limit.",
    ),
    SpecRule(
        "MPT11",
        "a mount that the driver refuses",
        "A cache's largest size is within its limit.",
    ),
    SpecRule(
        "MPT12",
        "uploads that fail",
        "A key of uploads is an ARN, beside the option sse aws:kms.",
    ),
    SpecRule(
        "MPT13",
        "a mount that cannot grow files after all",
        "Only directory buckets let files grow.",
    ),
    SpecRule(
        "MPT14",
        "a program that may not look into its mount",
        "Where files belong to a user, others than root may look in.",
    ),
    SpecRule(
        "MPT15",
        "uploads that S3 refuses",
        "Parts of an upload have 5Mi to 5Gi.",
    ),
    SpecRule(
        "MPT16",
        "a cache that is not there",
        "Where a cache is to be, it has a size.",
    ),
    SpecRule(
        "MPT17",
        "a mount that does not start",
        "A time is a number with its unit, minimal or indefinite.",
    ),
    SpecRule(
        "MPT18",
        "a checkpoint that cannot be saved twice",
        "Where programs write, they may overwrite and delete.",
    ),
    SpecRule(
        "NET01",
        "a network that no one knows to be there or not",
        "A network is there already or is made, one of both.",
    ),
    SpecRule(
        "NET02",
        "addresses that AWS refuses",
        "A network's addresses are an IPv4 network in CIDR notation.",
    ),
    SpecRule(
        "NET03",
        "a network without room, or larger than AWS takes",
        "A network has a prefix of /16 to /24.",
    ),
    SpecRule(
        "NET05",
        "two subnets where one was meant",
        "A zone stands once.",
    ),
    SpecRule(
        "NET06",
        "a zone without room for its subnets",
        "A network is large enough for the zones that it is in.",
    ),
    SpecRule(
        "NET07",
        "a VPC that is never found",
        "A VPC is named by its id.",
    ),
    SpecRule(
        "NET08",
        "a subnet that is never found, or taken for another zone's",
        "A subnet is named by its id, and is in one zone.",
    ),
    SpecRule(
        "NET10",
        "a zone that there is not",
        "A zone is named by its region and its letter, not by its id.",
    ),
    SpecRule(
        "NET11",
        "nodes or storage that a Local Zone does not have",
        "Nodes and storage are in availability zones.",
    ),
    SpecRule(
        "NET12",
        "parts of the internet that are not reached",
        "A network's addresses are private ones.",
    ),
    SpecRule(
        "POL03",
        "a machine that AWS does not have",
        "A machine is an instance type that is known.",
    ),
    SpecRule(
        "POL05",
        "a Capacity Block without its reservation",
        "Nodes of a Capacity Block name its reservation, and no others do.",
    ),
    SpecRule(
        "POL06",
        "training that ends with every spot machine that goes",
        "Machines that stand close together are not spot.",
    ),
    SpecRule(
        "POL07",
        "EFA on a machine that has none",
        "EFA is asked for where the machine has it.",
    ),
    SpecRule(
        "POL08",
        "nodes that can never be close together",
        "EFA and Capacity Blocks are in one zone.",
    ),
    SpecRule(
        "POL09",
        "scratch that is on the root disk after all",
        "NVMe disks are used where the machine has them.",
    ),
    SpecRule(
        "POL10",
        "an image that EKS does not have",
        "An AMI type is one of EKS's for Linux.",
    ),
    SpecRule(
        "POL11",
        "nodes that do not start, or have no driver",
        "An image fits the machine's processor and accelerator.",
    ),
    SpecRule(
        "POL12",
        "drivers for devices that are not there",
        "An image has drivers where the machine has the devices.",
    ),
    SpecRule(
        "POL13",
        "disks that no one prepares",
        "Only nodes of AL2023 are told of their disks here.",
    ),
    SpecRule(
        "POL14",
        "a taint that is stated twice",
        "A taint of one key and effect stands once.",
    ),
    SpecRule(
        "POL15",
        "a node group that EKS refuses",
        "A node group has at most 50 taints.",
    ),
    SpecRule(
        "POL16",
        "a node group that EKS refuses",
        "The least number of nodes is not above the most.",
    ),
    SpecRule(
        "POL18",
        "nodes that do not start, or are not found",
        "Labels are not those of the pool, of EKS or of Kubernetes.",
    ),
    SpecRule(
        "POL19",
        "a node group that EKS refuses",
        "Keys are short enough for EKS, and labels have a value.",
    ),
    SpecRule(
        "POL20",
        "a reservation that is never found",
        "A reservation is named by its id.",
    ),
    SpecRule(
        "POL21",
        "a Capacity Block that no one sells",
        "A Capacity Block is of a machine that is known to be sold so.",
    ),
    SpecRule(
        "POL23",
        "nodes that run out of disk while they pull images",
        "The root disk has room for images.",
    ),
    SpecRule(
        "URI03",
        "a program that reads another address than was meant",
        "A variable that holds a URI has no value under env, and is none that the "
        "libraries of AWS read for themselves.",
    ),
)
