"""Hostile commands by class, at most six of each: what they try, how it would be seen, which defence keeps it out."""

import platform
from collections.abc import Callable
from dataclasses import dataclass

from tests.security import weaken
from tests.security.scene import CANARY, ENVIRONMENT, KEPT_KEY, KEY, PRIVATE, SECRET, Scene, daemons, unclean
from tests.security.weaken import Weaken
from walkaway_core.agent.tools.output import HEAD, KEPT, TAIL
from walkaway_local.sandbox import seccomp

Seen = Callable[[Scene, str], bool]


@dataclass(frozen=True)
class Attack:
    """One attack. `seen` says, of the scene and of what the model was told, whether it had its effect."""

    name: str
    command: str
    seen: Seen
    opened: Weaken
    read: tuple[str, ...] = ("",)
    write: tuple[str, ...] = ("",)
    timeout: int = 20
    canary: bool = False
    root: bool = False
    """Whether only root can take the defence away."""


def says(what: str) -> Seen:
    """The model was told this, on a line of its own or in one."""
    return lambda _, said: what in said


def holds(path: str, what: str) -> Seen:
    """A file of the workspace has this in it."""
    return lambda scene, _: what.encode() in (scene.content(path) or b"")


def heard(what: str) -> Seen:
    """Somebody outside was reached."""
    return lambda scene, _: what in scene.heard


def evil(scene: Scene, _: str) -> bool:
    """Something was written on the host."""
    return (scene.host / "evil").exists()


def survives(_: Scene, __: str) -> bool:
    """A process is left."""
    return bool(daemons())


def counted(least: int) -> Seen:
    """The last number that the command printed is so great."""
    return lambda _, said: max([int(word) for word in said.split() if word.isdigit()], default=0) >= least


def odd_name(scene: Scene, _: str) -> bool:
    """There is a file in the workspace whose name no user could have chosen."""
    return any(unclean(name) for name in scene.names())


def changed(scene: Scene, _: str) -> bool:
    """What may only be read was changed, or has company."""
    return scene.names("in") != ["a.txt"] or scene.content("in/a.txt") != b"what the user has made"


PYTHON = "python - <<'END'\n{}\nEND"
FORKS = """\
import os, time
n = 0
try:
    while n < 400:
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        n += 1
except OSError:
    pass
print(n)"""
THREADS = """\
import threading, time
threading.stack_size(1 << 18)
n = 0
try:
    while n < 400:
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        n += 1
except RuntimeError:
    pass
print(n)"""
CONNECT = "import socket\nsocket.create_connection(({!r}, {}), 3)"
UNIX = "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0@NAME@')"
ROUTE = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(({!r}, 80))\nprint('ROUTED')"
SOCKETS = """\
import os, socket, time
children = []
for _ in range(24):
    if (child := os.fork()) == 0:
        held = []
        for _ in range(480):
            held.append(socket.socketpair())
        time.sleep(3)
        os._exit(0)
    children.append(child)
if not any(os.waitpid(child, 0)[1] for child in children):
    print('DONE')"""
TABLES = """\
import mmap, os, time
children, (ends, held) = [], os.pipe()
for _ in range(250):
    if (child := os.fork()) == 0:
        os.close(held)
        memory = mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(15)  # no huge pages
        sum(memory[place] for place in range(0, 3 << 30, 2 << 20))
        os.read(ends, 1)
        os._exit(0)
    children.append(child)
time.sleep(3)
os.close(held)
if not any(os.waitpid(child, 0)[1] for child in children):
    print('DONE')"""
DAEMONIZE = """\
import os
begun, begins = os.pipe()
if os.fork():
    os.close(begins)
    os.read(begun, 1)
else:
    os.setsid()
    if os.fork() == 0:
        os.close(1)
        os.close(2)
        os.execvp('sleep', ['sleep', '@DAEMON@'])"""
TAR = """\
import io, tarfile
with tarfile.open('x.tar', 'w') as made:
    made.addfile(tarfile.TarInfo('{}'), io.BytesIO())"""
ZIP = """\
import zipfile
with zipfile.ZipFile('x.zip', 'w') as made:
    made.writestr('@HOST@/evil', 'x')
for name in zipfile.ZipFile('x.zip').namelist():
    open('/' + name.lstrip('/'), 'w').write('x')"""
LONG = """\
import os
for _ in range(18):
    os.mkdir('d' * 250)
    os.chdir('d' * 250)
for number in range(3):
    with open(f'f{number}', 'wb') as out:
        os.posix_fallocate(out.fileno(), 0, 400_000_000)
for number in range(3):
    os.unlink(f'f{number}')
print('DONE')"""
QUIET = ">/dev/null 2>&1 </dev/null"

READ_HOST = [
    Attack(f"path: {name}", command, says(SECRET), weaken.shows_the_host)
    for name, command in {
        "an absolute path": "cat @HOST@/secret.txt",
        "up and up": "cat ../../../../../../..@HOST@/secret.txt",
        "the root of process 1": "cat /proc/1/root@HOST@/secret.txt /proc/self/root@HOST@/secret.txt",
        "a search of everything": "find / -name secret.txt -exec cat {} + 2>/dev/null",
        "a working directory elsewhere": "cd @HOST@ && cat secret.txt",
    }.items()
] + [
    Attack(
        "path: the server's database", "head -c 15 @DATA@/walkaway.db", says("SQLite format 3"), weaken.shows_the_data
    )
]

SYMLINKS = [
    Attack("symlink: to a secret", "ln -s @HOST@/secret.txt out.txt", holds("out.txt", SECRET), weaken.follows_links),
    Attack("symlink: to a directory", "ln -s @HOST@ dir", holds("dir/secret.txt", SECRET), weaken.follows_links),
    Attack(
        "symlink: in a file's place",
        "rm keep.txt; ln -s @HOST@/secret.txt keep.txt",
        holds("keep.txt", SECRET),
        weaken.follows_links,
    ),
    Attack("symlink: to the accounts", "ln -s /etc/passwd out.txt", holds("out.txt", "root:"), weaken.follows_links),
    Attack(
        "symlink: to another tenant",
        "ln -s @DATA@/workspace/u/files/private.txt out.txt",
        holds("out.txt", PRIVATE),
        weaken.follows_links,
    ),
    Attack(
        "symlink: by the root of whoever follows it",
        "ln -s /proc/self/root@HOST@/secret.txt out.txt",
        holds("out.txt", SECRET),
        weaken.follows_links,
    ),
]

ENVIRONMENTS = [
    Attack(f"environment: {name}", command, says(ENVIRONMENT), weaken.passes_the_environment)
    for name, command in {
        "env": "env",
        "of itself": "cat /proc/$$/environ | tr '\\0' '\\n'",
        "of every process": "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'",
        "of the shell": "declare -x",
        "of a child": "python -c 'import os; print(os.environ)'",
    }.items()
] + [
    Attack(
        "open files: the server's",
        "for f in /proc/self/fd/*; do timeout 1 cat $f; done 2>/dev/null",
        says(SECRET),
        weaken.leaves_files_open,
    )
]

SEE = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -x 'sleep @CANARY@ '; done"
PROCESSES = [
    Attack("processes: seen", SEE, says(f"sleep {CANARY}"), weaken.without("--unshare-pid"), canary=True),
    Attack(
        "signal: by name",
        "pkill -9 -f '^sleep @CANARY@$'",
        says("canary died"),
        weaken.without("--unshare-pid"),
        canary=True,
    ),
    Attack("signal: to everyone", "kill -9 -1", says("canary died"), weaken.without("--unshare-pid"), canary=True),
    Attack(
        "signal: one after the other",
        "for i in /proc/[0-9]*; do p=${i#/proc/}; [ $p != $$ ] && kill -9 $p; done",
        says("canary died"),
        weaken.without("--unshare-pid"),
        canary=True,
    ),
]

MOUNTS = [
    Attack(
        "mount: a file system",
        "mount -t tmpfs none /tmp && echo DONE",
        says("DONE"),
        weaken.keeps_privileges,
        root=True,
    ),
    Attack(
        "mount: over what is read-only",
        "mount -t tmpfs none in && echo x > in/evil && echo DONE",
        says("DONE"),
        weaken.keeps_privileges,
        write=("out",),
        root=True,
    ),
    Attack("mount: away", "umount /dev/shm && echo DONE", says("DONE"), weaken.keeps_privileges, root=True),
    Attack(
        "mount: in a namespace of its own",
        "unshare -Urm sh -c 'mount -t tmpfs none /tmp && echo DONE'",
        says("DONE"),
        weaken.allows_namespaces,
        root=True,
    ),
    Attack("mount: a device", "mknod disk b 7 0 && echo DONE", says("DONE"), weaken.keeps_privileges, root=True),
    Attack(
        "mount: another root", "/usr/sbin/chroot / true && echo DONE", says("DONE"), weaken.keeps_privileges, root=True
    ),
]

BOMBS = [
    Attack(
        "fork bomb: jobs",
        "for i in $(seq 400); do sleep 3 & done 2>/dev/null; jobs -r | wc -l",
        counted(400),
        weaken.without_limit("nproc"),
    ),
    Attack("fork bomb: fork", PYTHON.format(FORKS), counted(400), weaken.without_limit("nproc")),
    Attack("fork bomb: threads", PYTHON.format(THREADS), counted(400), weaken.without_limit("nproc")),
]

DISKS = [
    Attack(
        f"disk: {name}",
        command,
        says("DONE"),
        weaken.both(weaken.a_large_disk, weaken.without_limit("fsize")),
    )
    for name, command in {
        "one large file": "fallocate -l 1100000000 big && rm big && echo DONE",
        "many bytes": "for i in 1 2 3; do fallocate -l 400000000 f$i || exit; done; rm f?; echo DONE",
        "many files": "mkdir d; cd d; seq 25000 | xargs touch || exit; cd ..; rm -r d; echo DONE",
        "/tmp": "for i in 1 2 3; do head -c 400000000 /dev/zero > /tmp/$i || exit; done; echo DONE",
        "/dev/shm": "for i in 1 2 3; do head -c 400000000 /dev/zero > /dev/shm/$i || exit; done; echo DONE",
        "a path that is too long": PYTHON.format(LONG),
    }.items()
] + [
    Attack(
        "size: a file with a hole",
        "truncate -s 1100000000 big && echo DONE; rm -f big",
        says("DONE"),
        weaken.without_limit("fsize"),
    ),
]

MEMORY = [
    Attack(
        "memory: one process",
        "python -c 'import mmap; mmap.mmap(-1, 6 << 30); print(\"DONE\")'",
        says("DONE"),
        weaken.without_limit("as"),
    ),
    Attack(
        "memory: many processes",
        "for i in 1 2 3 4; do python -c 'import time; x = b\"x\" * (700 << 20); time.sleep(3)' & done; wait; echo DONE",
        says("DONE"),
        weaken.nobody_watches_the_memory,
        timeout=60,
    ),
    Attack(
        "memory: sockets",
        PYTHON.format(SOCKETS),
        says("DONE"),
        weaken.nobody_watches_the_memory,
    ),
    Attack(
        "memory: tables of pages that are only read",
        PYTHON.format(TABLES),
        says("DONE"),
        weaken.nobody_watches_the_memory,
    ),
]

FLOODS = [
    Attack(
        "output: into the workspace",
        "head -c 30000000 /dev/zero | tr '\\0' x",
        lambda scene, _: any(len(scene.content(f"output/{name}") or b"") > KEPT for name in scene.names("output")),
        weaken.output_is_kept,
    ),
    Attack(
        "output: to the model",
        "head -c 3000000 /dev/zero | tr '\\0' x",
        lambda _, said: len(said) > HEAD + TAIL + 1000,
        weaken.output_is_shown,
    ),
    Attack("output: bytes that are no text", "printf 'a\\000b'", says("a\0b"), weaken.raw_output),
]

BEGUN = "\nuntil pgrep -f '^sleep @DAEMON@$' >/dev/null; do :; done"
STAYS = weaken.without("--unshare-pid", "--die-with-parent")
DAEMONS = [
    Attack(f"daemon: {name}", command + BEGUN, survives, STAYS)
    for name, command in {
        "in the background": f"sleep @DAEMON@ {QUIET} & disown",
        "nohup": f"nohup sleep @DAEMON@ {QUIET} &",
        "setsid": f"setsid sleep @DAEMON@ {QUIET} &",
        "forked twice": f"( ( setsid sleep @DAEMON@ {QUIET} & ) & )",
        "by the book": PYTHON.format(DAEMONIZE),
    }.items()
]

NO_NETWORK = weaken.without("--unshare-net")
NETWORK = [
    Attack("network: loopback", PYTHON.format(CONNECT.format("127.0.0.1", "@PORT@")), heard("tcp"), NO_NETWORK),
    Attack("network: loopback by the shell", "echo > /dev/tcp/127.0.0.1/@PORT@", heard("tcp"), NO_NETWORK),
    Attack("network: loopback over IPv6", PYTHON.format(CONNECT.format("::1", "@PORT6@")), heard("tcp6"), NO_NETWORK),
    Attack(
        "network: a mapped address",
        PYTHON.format(CONNECT.format("::ffff:127.0.0.1", "@PORT@")),
        heard("tcp"),
        NO_NETWORK,
    ),
    Attack("network: an abstract socket", PYTHON.format(UNIX), heard("unix"), NO_NETWORK),
    Attack("network: the metadata address", PYTHON.format(ROUTE.format("169.254.169.254")), says("ROUTED"), NO_NETWORK),
]

OTHERS = [
    Attack(
        "others: another tenant's files",
        "cat @DATA@/workspace/u/files/private.txt",
        says(PRIVATE),
        weaken.shows_the_data,
    ),
    Attack(
        "others: what the session may not read", "cat hidden/b.txt", says(PRIVATE), weaken.all_is_readable, read=("in",)
    ),
]

ARCHIVES = [
    Attack(
        "archive: an absolute path",
        PYTHON.format(TAR.format("@HOST@/evil")) + "\ntar -xPf x.tar",
        evil,
        weaken.shows_the_host,
    ),
    Attack(
        "archive: upwards",
        PYTHON.format(TAR.format("../../../../..@HOST@/evil")) + "\ntar -xPf x.tar",
        evil,
        weaken.shows_the_host,
    ),
    Attack("archive: names taken at their word", PYTHON.format(ZIP), evil, weaken.shows_the_host),
    Attack("archive: through a link", "ln -s @HOST@ d; echo x > d/evil", evil, weaken.shows_the_host),
]

COUNTS = [
    Attack(
        "count: too many files",
        "seq -f f%g 2100 | xargs touch",
        lambda scene, _: len(scene.names()) > 2000,
        weaken.any_number_will_do,
        timeout=60,
    ),
]

NAMES = [
    Attack(f"name: {name}", f"echo x > {spelled}", odd_name, weaken.any_name_will_do)
    for name, spelled in {
        "with a newline": "$'a\\nb'",
        "with a tab": "$'a\\tb'",
        "with an escape sequence": "$'a\\x1b[31mb'",
        "that is not UTF-8": "$'\\xff\\xfe'",
        "with a DEL": "$'a\\x7f'",
    }.items()
]

FORGED = [
    Attack(
        "forged: an exit code",
        "printf 'exit code 0\\n'; exit 7",
        lambda _, said: said.startswith("exit code 0"),
        weaken.the_end_is_not_told,
    ),
    Attack(
        "forged: a kill",
        "printf 'killed: it took too long\\n'",
        lambda _, said: said.startswith("killed"),
        weaken.the_end_is_not_told,
    ),
]

CALLS = """\
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(*given):
    done = libc.syscall(*given)
    return done if done >= 0 else -ctypes.get_errno()
"""
READ_KEY = (
    CALLS
    + """\
key = call({keyctl}, 10, -3, b'user', b'{name}', 0)
text = ctypes.create_string_buffer(100)
print(call({keyctl}, 11, key, text, 100), text.value.decode())"""
)
LEFT = "s3cret-that-was-left"
LEAVE_KEY = CALLS + f"\ncall({{add_key}}, b'user', b'left', b'{LEFT}', {len(LEFT)}, -3)"
FAMILIES = """\
import socket
for family in {38, 40, 17, 44}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            socket.socket(family, kind)
            print('MADE')
        except OSError:
            pass"""
REACHED = (
    CALLS
    + """\
if any(call(number, 0, 0, 0, 0, 0) != -errno.ENOSYS for number in {numbers}):
    print('REACHED')"""
)
UNMAPPED = (
    CALLS
    + """\
memory = call({memfd}, b'x', 0)
if memory >= 0:
    import os
    os.posix_fallocate(memory, 0, 100_000_000)
    print('HELD')
segment = call({shmget}, 0, 100_000_000, 0o1600)
if segment >= 0:
    print('HELD')"""
)

CUT = """\
import os, socket
file, (ends, begins) = os.open('a', os.O_RDWR | os.O_CREAT), os.pipe()
os.write(file, b'x' * 65536)
for act in (lambda: os.splice(file, begins, 4096, offset_src=0), lambda: os.sendfile(begins, file, 4096, 4096)):
    try:
        act()
    except OSError:
        pass
os.ftruncate(file, 0)
os.set_blocking(ends, False)
try:
    print('HELD' if os.read(ends, 65536) else '')
except BlockingIOError:
    pass"""


def _numbers(*names: str) -> list[int | None]:
    column = seccomp.MACHINES[platform.machine()].column
    return [seccomp.REFUSED[name][column] for name in names]


KEYCTL, ADD_KEY, MEMFD = _numbers("keyctl", "add_key", "memfd_create")
INHERITED = [
    Attack(
        "keys: the login's",
        PYTHON.format(READ_KEY.format(keyctl=KEYCTL, name=KEY)),
        says(KEPT_KEY),
        weaken.shares_the_keyring,
    ),
    Attack(
        "keys: left for the next command",
        PYTHON.format(LEAVE_KEY.format(add_key=ADD_KEY)),
        lambda scene, _: (
            "s3cret-that-was-left" in scene.run(PYTHON.format(READ_KEY.format(keyctl=KEYCTL, name="left")))
        ),
        weaken.shares_the_keyring,
    ),
    Attack("calls: other families of sockets", PYTHON.format(FAMILIES), says("MADE"), weaken.filters_nothing),
    *(
        Attack(
            f"calls: {', '.join(names)}",
            PYTHON.format(REACHED.format(numbers=_numbers(*names))),
            says("REACHED"),
            weaken.filters_nothing,
        )
        for names in (
            ("keyctl", "add_key"),
            ("bpf", "io_uring_setup", "perf_event_open"),
            ("inotify_init1", "setns"),
            ("vmsplice", "io_setup", "open_tree_attr"),
        )
    ),
    Attack("pages: those of a file that has been cut", PYTHON.format(CUT), says("HELD"), weaken.filters_nothing),
    Attack(
        "calls: memory that nobody has mapped",
        PYTHON.format(UNMAPPED.format(memfd=MEMFD, shmget=seccomp.MACHINES[platform.machine()].shmget)),
        says("HELD"),
        weaken.filters_nothing,
    ),
]
SCOPES = [
    Attack(f"scope: {name}", command, changed, weaken.all_is_writable, write=("out",))
    for name, command in {
        "written": "echo evil > in/a.txt",
        "appended": "echo evil >> in/a.txt",
        "deleted": "rm -f in/a.txt",
        "moved away": "mv in/a.txt in/b.txt",
        "given other rights": "chmod 777 in in/a.txt; echo evil > in/a.txt",
        "through a hard link": "ln in/a.txt in/evil; echo evil > in/evil",
    }.items()
]

ATTACKS = [
    *READ_HOST, *SYMLINKS, *ENVIRONMENTS, *PROCESSES, *MOUNTS, *BOMBS, *DISKS, *MEMORY, *FLOODS, *DAEMONS, *NETWORK,
    *OTHERS, *INHERITED, *ARCHIVES, *COUNTS, *NAMES, *FORGED, *SCOPES,
]  # fmt: skip
