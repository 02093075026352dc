"""The optional network for commands: one bucket, one name, and no other way out."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from samtranslator.yaml_helper import yaml_parse

from dev.template import PSEUDO, ROOT, Stack, written
from walkaway_core.aws import workspace

BUCKET = "walkaway-bucket-1a2b3c"
PREFIX_LIST = "pl-6ea54007"
TEMPLATE = ROOT / "templates/closed-network.yaml"
PARAMETERS = {"Bucket": BUCKET, "S3PrefixList": PREFIX_LIST}


class Network(Stack):
    """The template with its parameters, none of which has a default."""

    def __post_init__(self) -> None:
        self._values = {**PSEUDO, **self.parameters}


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(PARAMETERS, yaml_parse(TEMPLATE.read_text()))


def one(network: Network, kind: str) -> Any:
    ((name, _),) = network.resources(kind)
    return network.resolved(name)


def test_the_template_has_what_leads_nowhere_and_nothing_else(network: Network) -> None:
    assert sorted(resource["Type"].removeprefix("AWS::") for _, resource in network.resources()) == [
        "EC2::RouteTable",
        "EC2::SecurityGroup",
        "EC2::Subnet",
        "EC2::Subnet",
        "EC2::SubnetRouteTableAssociation",
        "EC2::SubnetRouteTableAssociation",
        "EC2::VPC",
        "EC2::VPCEndpoint",
        "Route53Resolver::FirewallDomainList",
        "Route53Resolver::FirewallDomainList",
        "Route53Resolver::FirewallRuleGroup",
        "Route53Resolver::FirewallRuleGroupAssociation",
    ], "no gateway, no NAT, no route, no peering, no other endpoint"


def test_no_address_of_the_internet_stands_in_it(network: Network) -> None:
    assert "0.0.0.0/0" not in TEMPLATE.read_text()
    assert "::/0" not in TEMPLATE.read_text().replace("AWS::", "")
    for _, subnet in network.resources("AWS::EC2::Subnet"):
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_each_subnet_has_the_routes_that_the_endpoint_is_added_to(network: Network) -> None:
    associated = [network.resolved(name) for name, _ in network.resources("AWS::EC2::SubnetRouteTableAssociation")]
    subnets = {f"{name}.Ref" for name, _ in network.resources("AWS::EC2::Subnet")}
    assert {each["SubnetId"] for each in associated} == subnets
    assert {each["RouteTableId"] for each in associated} == set(one(network, "AWS::EC2::VPCEndpoint")["RouteTableIds"])


def test_the_endpoint_leads_to_the_bucket_alone(network: Network) -> None:
    endpoint = one(network, "AWS::EC2::VPCEndpoint")
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Resource"] == f"arn:aws:s3:::{BUCKET}/*"
    assert (statement["Effect"], set(statement["Action"])) == ("Allow", {"s3:GetObject", "s3:PutObject"})
    assert (endpoint["VpcEndpointType"], endpoint["ServiceName"]) == ("Gateway", "com.amazonaws.eu-central-1.s3")


def test_https_to_s3_goes_out_and_nothing_comes_in(network: Network) -> None:
    group = one(network, "AWS::EC2::SecurityGroup")
    (rule,) = group["SecurityGroupEgress"]
    del rule["Description"]
    assert rule == {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": PREFIX_LIST}
    assert "SecurityGroupIngress" not in group


def test_the_buckets_name_is_resolved_before_all_names_are_refused(network: Network) -> None:
    group = one(network, "AWS::Route53Resolver::FirewallRuleGroup")
    allowed, refused = sorted(group["FirewallRules"], key=lambda rule: rule["Priority"])
    assert (allowed["Action"], refused["Action"], refused["BlockResponse"]) == ("ALLOW", "BLOCK", "NXDOMAIN")
    assert domains(network, refused) == ["*"]
    assert all(BUCKET in name and "*" not in name for name in domains(network, allowed))
    association = one(network, "AWS::Route53Resolver::FirewallRuleGroupAssociation")
    assert 100 < association["Priority"] < 9900, "others are AWS Firewall Manager's"
    assert association["VpcId"] == "Network.Ref"


def domains(network: Network, rule: dict[str, Any]) -> list[str]:
    found: list[str] = network.resolved(rule["FirewallDomainListId"].removesuffix(".Ref"))["Domains"]
    return found


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_the_addresses_that_commands_are_given_have_a_name_that_is_resolved(region: str) -> None:
    client = workspace.connect(region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
    read = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "t/files/a"})
    posted = client.generate_presigned_post(BUCKET, "t/a")["url"]
    network = Network({**PARAMETERS, "AWS::Region": region}, yaml_parse(TEMPLATE.read_text()))
    allowed = domains(network, one(network, "AWS::Route53Resolver::FirewallRuleGroup")["FirewallRules"][0])
    assert {urlsplit(read).hostname, urlsplit(posted).hostname} <= set(allowed)


def test_its_outputs_are_the_values_of_the_stacks_parameters(network: Network) -> None:
    outputs = network.outputs()
    assert outputs == {"SandboxSubnets": "FirstSubnet.Ref,SecondSubnet.Ref", "SandboxSecurityGroups": "Commands.Ref"}
    assert set(outputs) <= set(written()["Parameters"])
    function = Stack(outputs).resolved("SandboxFunction")["VpcConfig"]
    assert function == {"SubnetIds": ["FirstSubnet.Ref", "SecondSubnet.Ref"], "SecurityGroupIds": ["Commands.Ref"]}
