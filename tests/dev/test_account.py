"""Where a deployment goes is known before it begins, or said to be missing."""

import os
from pathlib import Path

import click
import pytest

from dev.account import place
from dev.emulated import ACCOUNT, REGION, emulated


@pytest.fixture(autouse=True)
def nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def given(monkeypatch: pytest.MonkeyPatch, *but: str) -> None:
    for name, value in ACCOUNT.items():
        if name not in but:
            monkeypatch.setenv(name, value)


def test_it_is_said_where_a_deployment_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    with emulated():
        found = place()
    assert (found.account, found.region) == ("123456789012", REGION)
    assert found.caller.startswith("arn:aws:")


def test_a_region_that_was_answered_stands_before_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    with emulated():
        assert place("eu-west-1").region == "eu-west-1"


def test_without_a_region_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, "AWS_DEFAULT_REGION", "AWS_REGION")
    with pytest.raises(click.ClickException, match="export AWS_DEFAULT_REGION="):
        place()


def test_without_credentials_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    with pytest.raises(click.ClickException, match="no AWS credentials were found: sign in"):
        place()


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(click.ClickException, match="nobody"):
        place()
