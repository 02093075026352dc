"""Every weekday at eight, Berlin time, whatever the clocks do; and once now, to see what it does."""

from walkaway import Walkaway
from walkaway.errors import NameTaken

client = Walkaway()
try:
    client.schedules.create(
        name="digest",
        cron="0 8 * * 1-5",
        timezone="Europe/Berlin",
        message="Write the digest for {{scheduled_at}} to digest.md",
        overlap="skip",
        catch_up="latest",
    )
except NameTaken:
    print("It is there already")
digest = client.schedules.get("digest")
print(digest.record.description)
client.schedules.run(digest, overlap="allow")
print(digest.firings().first(1)[0].turn.result().text)
