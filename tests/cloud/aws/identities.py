"""IAM, KMS, queues, topics, logs and tags, as AWS and pulumi-aws treat them."""

import base64
from typing import Any, Final

from tests.cloud.aws.sources import schema
from tests.cloud.kind import Kind, Making, Ref

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
KEY: Final = "aws:kms/key:Key"

_ATTRIBUTE: Final = "sqs.SetQueueAttributes:Attributes"
_TOPIC_ATTRIBUTE: Final = "sns.SetTopicAttributes:AttributeValue"
_QUEUE: Final = (
    *("contentBasedDeduplication", "deduplicationScope", "delaySeconds", "fifoQueue"),
    *("fifoThroughputLimit", "kmsDataKeyReusePeriodSeconds", "kmsMasterKeyId"),
    *("maxMessageSize", "messageRetentionSeconds", "policy", "redrivePolicy"),
    *("receiveWaitTimeSeconds", "redriveAllowPolicy", "sqsManagedSseEnabled"),
    "visibilityTimeoutSeconds",
)
_FEEDBACK: Final = tuple(
    f"{protocol}{result}"
    for protocol in ("application", "firehose", "http", "lambda", "sqs")
    for result in (
        "FailureFeedbackRoleArn",
        "SuccessFeedbackRoleArn",
        "SuccessFeedbackSampleRate",
    )
)
_TOPIC: Final = (
    *("archivePolicy", "contentBasedDeduplication", "deliveryPolicy", "displayName"),
    *("fifoThroughputScope", "fifoTopic", "kmsMasterKeyId", "maximumMessageSize"),
    *("policy", "signatureVersion", "tracingConfig"),
    *_FEEDBACK,
)


def _of_role(holds: str) -> Ref:
    return Ref(
        path="role",
        to=ROLE,
        by="name",
        missing="NoSuchEntity: The role with name {} cannot be found.",
        holds=holds,
    )


def _unique(prefix: str) -> Any:
    return lambda making: (
        prefix
        + base64.b32encode(bytes.fromhex(making.hex(20, prefix))).decode().strip("=")
    )


def _queue_url(making: Making) -> str:
    name = making.inputs["name"]
    return f"https://sqs.{making.region}.amazonaws.com/{making.account}/{name}"


KINDS: Final = (
    Kind(
        type_=ROLE,
        id=lambda m: m.inputs.get("name") or m.inputs["namePrefix"] + m.hex(26),
        outputs={
            "arn": lambda m: m.arn(
                "iam", f"role{m.inputs.get('path', '/')}{m.id}", region=False
            ),
            "createDate": lambda m: "2026-01-01T00:00:00Z",
            "name": lambda m: m.id,
            "uniqueId": _unique("AROA"),
        },
        models=("iam.CreateRole",),
        members={
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "forceDetachPolicies": None,
            "inlinePolicies": None,
            "managedPolicyArns": None,
            "name": "RoleName",
            "namePrefix": None,
        },
        replaces=("name", "namePrefix", "path"),
        defaults={"forceDetachPolicies": False, "maxSessionDuration": 3600}
        | {"path": "/"},
        computed=("inlinePolicies", "managedPolicyArns"),
        named="name",
        longest=64,
        exists="EntityAlreadyExists: Role with name {} already exists.",
        missing="NoSuchEntity: The role with name {} cannot be found.",
        documents=("assumeRolePolicy",),
        source=schema("iam/role.go", "0040ea69"),
    ),
    Kind(
        type_="aws:iam/rolePolicy:RolePolicy",
        id=lambda m: f"{m.inputs['role']}:{m.inputs['name']}",
        models=("iam.PutRolePolicy",),
        members={
            "name": "PolicyName",
            "namePrefix": None,
            "policy": "PolicyDocument",
            "role": "RoleName",
        },
        replaces=("name", "namePrefix", "role"),
        named="name",
        longest=128,
        documents=("policy",),
        refs=(
            _of_role("DeleteConflict: Cannot delete {}, must delete policies first."),
        ),
        source=schema("iam/role_policy.go", "02f97af8"),
    ),
    Kind(
        type_="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        id=lambda m: f"{m.inputs['role']}/{m.inputs['policyArn']}",
        models=("iam.AttachRolePolicy",),
        members={"role": "RoleName"},
        replaces=("policyArn", "role"),
        refs=(
            _of_role(
                "DeleteConflict: Cannot delete {}, must detach all policies first."
            ),
            Ref(
                path="policyArn",
                to=POLICY,
                by="arn",
                missing=None,
                holds="DeleteConflict: Cannot delete a policy attached to entities: {}",
            ),
        ),
        source=schema("iam/role_policy_attachment.go", "04c79849"),
    ),
    Kind(
        type_=POLICY,
        id=lambda m: m.arn(
            "iam", f"policy{m.inputs.get('path', '/')}{m.inputs['name']}", region=False
        ),
        outputs={"arn": lambda m: m.id, "policyId": _unique("ANPA")},
        models=("iam.CreatePolicy",),
        members={
            "delayAfterPolicyCreationInMs": None,
            "name": "PolicyName",
            "namePrefix": None,
            "policy": "PolicyDocument",
        },
        replaces=("description", "name", "namePrefix", "path"),
        defaults={"path": "/"},
        named="name",
        longest=128,
        exists="EntityAlreadyExists: A policy called {} already exists.",
        documents=("policy",),
        source=schema("iam/policy.go", "01ccd9a2"),
    ),
    Kind(
        type_="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        id=lambda m: m.arn(
            "iam",
            f"oidc-provider/{m.inputs['url'].removeprefix('https://')}",
            region=False,
        ),
        outputs={
            "arn": lambda m: m.id,
            "thumbprintLists": lambda m: [m.hex(40, "thumbprint")],
        },
        models=("iam.CreateOpenIDConnectProvider",),
        checks={"url": (lambda v: v.startswith("https://"), "must be an https URL")},
        replaces=("url",),
        computed=("thumbprintLists",),
        exists="EntityAlreadyExists: Provider with url {} already exists.",
        source=schema("iam/openid_connect_provider.go", "01606926"),
    ),
    Kind(
        type_=KEY,
        id=lambda m: "-".join(
            m.hex(32)[start:end]
            for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
        ),
        outputs={
            "arn": lambda m: m.arn("kms", f"key/{m.id}"),
            "keyId": lambda m: m.id,
        },
        models=("kms.CreateKey",),
        members={
            "deletionWindowInDays": "kms.ScheduleKeyDeletion:PendingWindowInDays",
            "enableKeyRotation": None,
            "isEnabled": None,
            "rotationPeriodInDays": "kms.EnableKeyRotation:RotationPeriodInDays",
        },
        checks={
            "deletionWindowInDays": (
                lambda v: 7 <= v <= 30,
                "expected to be in the range (7 - 30)",
            )
        },
        replaces=(
            *("customKeyStoreId", "customerMasterKeySpec", "keyUsage"),
            "multiRegion",
            "xksKeyId",
        ),
        defaults={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        computed=("description", "multiRegion", "policy", "rotationPeriodInDays"),
        missing="NotFoundException: Key '{}' does not exist",
        documents=("policy",),
        source=schema("kms/key.go", "00a35305"),
    ),
    Kind(
        type_="aws:kms/alias:Alias",
        id=lambda m: m.inputs["name"],
        outputs={
            "arn": lambda m: m.arn("kms", m.id),
            "targetKeyArn": lambda m: m.arn("kms", f"key/{m.inputs['targetKeyId']}"),
        },
        models=("kms.CreateAlias",),
        members={"name": "AliasName", "namePrefix": None},
        checks={"name": (lambda v: v.startswith("alias/"), "must begin with 'alias/'")},
        replaces=("name", "namePrefix"),
        named="name",
        prefix="alias/",
        exists="AlreadyExistsException: An alias with the name {} already exists",
        refs=(Ref(path="targetKeyId", to=KEY, missing=None, ends=True),),
        source=schema("kms/alias.go", "01c08000"),
    ),
    Kind(
        type_="aws:sqs/queue:Queue",
        id=_queue_url,
        outputs={
            "arn": lambda m: m.arn("sqs", m.inputs["name"]),
            "url": _queue_url,
        },
        models=("sqs.CreateQueue",),
        members=dict.fromkeys(_QUEUE, _ATTRIBUTE)
        | {"name": "QueueName", "namePrefix": None},
        replaces=("fifoQueue", "name", "namePrefix"),
        defaults={
            "contentBasedDeduplication": False,
            "delaySeconds": 0,
            "fifoQueue": False,
            "messageRetentionSeconds": 345600,
            "receiveWaitTimeSeconds": 0,
            "visibilityTimeoutSeconds": 30,
        },
        computed=(
            *("kmsDataKeyReusePeriodSeconds", "policy", "redriveAllowPolicy"),
            "redrivePolicy",
            "sqsManagedSseEnabled",
            "maxMessageSize",
        ),
        named="name",
        longest=80,
        documents=("policy", "redriveAllowPolicy", "redrivePolicy"),
        missing="AWS.SimpleQueueService.NonExistentQueue: {} does not exist",
        source=schema("sqs/queue.go", "00a35305"),
    ),
    Kind(
        type_="aws:sqs/queuePolicy:QueuePolicy",
        id=lambda m: m.inputs["queueUrl"],
        models=("sqs.SetQueueAttributes",),
        members={"policy": "Attributes"},
        replaces=("queueUrl",),
        documents=("policy",),
        refs=(
            Ref(
                path="queueUrl",
                to="aws:sqs/queue:Queue",
                missing="AWS.SimpleQueueService.NonExistentQueue: {} does not exist",
                ends=True,
            ),
        ),
        source=schema("sqs/queue_policy.go", "0148137d"),
    ),
    Kind(
        type_="aws:sns/topic:Topic",
        id=lambda m: m.arn("sns", m.inputs["name"]),
        outputs={"arn": lambda m: m.id, "owner": lambda m: m.account},
        models=("sns.CreateTopic",),
        members=dict.fromkeys(_TOPIC, _TOPIC_ATTRIBUTE) | {"namePrefix": None},
        replaces=("fifoTopic", "name", "namePrefix"),
        defaults={"contentBasedDeduplication": False, "fifoTopic": False},
        computed=("policy", "signatureVersion", "tracingConfig"),
        named="name",
        longest=256,
        documents=("archivePolicy", "deliveryPolicy", "policy"),
        source=schema("sns/topic.go", "00a35305"),
    ),
    Kind(
        type_="aws:sns/topicPolicy:TopicPolicy",
        id=lambda m: m.inputs["arn"],
        outputs={"owner": lambda m: m.account},
        models=("sns.SetTopicAttributes",),
        members={"arn": "TopicArn", "policy": "AttributeValue"},
        replaces=("arn",),
        documents=("policy",),
        refs=(
            Ref(
                path="arn",
                to="aws:sns/topic:Topic",
                missing="NotFound: Topic {} does not exist",
                ends=True,
            ),
        ),
        source=schema("sns/topic_policy.go", "00a35305"),
    ),
    Kind(
        type_="aws:autoscaling/tag:Tag",
        id=lambda m: f"{m.inputs['autoscalingGroupName']},{m.inputs['tag']['key']}",
        models=("autoscaling.CreateOrUpdateTags",),
        members={
            "autoscalingGroupName": "Tags.ResourceId",
            "tag": "Tags",
        },
        replaces=("autoscalingGroupName", "tag.key"),
        refs=(
            Ref(
                path="autoscalingGroupName",
                to="aws:autoscaling/group:Group",
                missing="ValidationError: AutoScalingGroup name not found - {}",
                ends=True,
            ),
        ),
        source=schema("autoscaling/group_tag.go", "050ac111"),
    ),
    Kind(
        type_="aws:cloudwatch/logGroup:LogGroup",
        id=lambda m: m.inputs.get("name") or m.inputs["namePrefix"] + m.hex(26),
        outputs={
            "arn": lambda m: m.arn("logs", f"log-group:{m.id}"),
            "name": lambda m: m.id,
        },
        models=("logs.CreateLogGroup", "logs.PutRetentionPolicy"),
        members={
            "name": "logGroupName",
            "namePrefix": None,
            "skipDestroy": None,
        },
        replaces=("logGroupClass", "name", "namePrefix"),
        defaults={"retentionInDays": 0, "skipDestroy": False},
        computed=("deletionProtectionEnabled", "logGroupClass"),
        named="name",
        longest=512,
        exists="ResourceAlreadyExistsException: The log group {} already exists",
        source=schema("logs/group.go", "0073593e"),
    ),
)
