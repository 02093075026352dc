"""Say yes or no to what is dangerous, before it happens."""

from walkaway import Call, Deny, Walkaway


def ask(call: Call) -> bool | Deny:
    """Ask whoever sits here."""
    return input(f"{call.name} {dict(call.arguments)} ? [y/N] ") == "y" or Deny("not on a Friday")


result = Walkaway().run("List the files of the workspace", approve=["list_files", "bash"], on_approval=ask)
print(result.text)
