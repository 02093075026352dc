"""Commands that hold files without a name, of more bytes together than a container may have in a test."""

MOST = 6_000_000
"""What a container may have; each of these holds more."""
_PRELUDE = """exec python3 - <<'END'
import ctypes, mmap, os, socket, struct, threading, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
X86 = os.uname().machine == 'x86_64'
def filled(file, size=4_000_000):
    while size:
        size -= os.write(file, bytes(min(size, 1_000_000)))
    return file
def deleted(name, size=4_000_000):
    file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    os.unlink(name)
    return filled(file, size)
def hold():
    open('ready', 'x').close()
    while not os.path.exists('go'):
        time.sleep(0.02)
    os.write(1, b'DONE')
    os._exit(0)
"""


def _script(body: str) -> str:
    return f"{_PRELUDE}{body}\nEND"


NOTHING = _script("hold()")
SEEN = {
    "open": _script("held = deleted('1'), deleted('2'); hold()"),
    "of a directory that is gone": _script(
        """
os.mkdir('d')
os.chdir('d')
held = deleted('1'), deleted('2')
folder = os.open('.', os.O_RDONLY)
os.chdir('..')
os.rmdir('d')
hold()"""
    ),
    "that never had a name": _script(
        "held = [filled(os.open('.', os.O_RDWR | os.O_TMPFILE)) for _ in range(2)]; hold()"
    ),
    "one and a name that stays": _script("filled(os.open('kept', 65)); held = deleted('1'); hold()"),
    "of a thread with descriptors of its own": _script(
        """
def apart():
    assert libc.unshare(0x400) == 0
    held = deleted('1'), deleted('2')
    hold()
threading.Thread(target=apart).start()
libc.syscall(60 if X86 else 93, 0)"""
    ),
    "each in a process of its own": _script(
        """
for number in range(20):
    if os.fork() == 0:
        held = deleted(str(number), 500_000)
        open(f'/dev/shm/{number}', 'x').close()
        time.sleep(600)
while len(os.listdir('/dev/shm')) < 20:
    time.sleep(0.02)
hold()"""
    ),
    "in processes that end and begin": _script(
        """
held = deleted('1'), deleted('2')
if os.fork() == 0:
    while True:
        if os.fork():
            os._exit(0)
[os.close(file) for file in held]
hold()"""
    ),
    "that run": _script(
        """
for name in 'ab':
    file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o700)
    os.write(file, open('/bin/sleep', 'rb').read())
    filled(file)
    os.close(file)
    reads, writes = os.pipe()
    if os.fork() == 0:
        os.execv(name, [name, '600'])
    os.close(writes)
    os.read(reads, 1)  # ends when the program has begun
os.unlink('a')
os.unlink('b')
hold()"""
    ),
}
"""What is seen of everybody's processes."""
MAPPED = _script(
    """
for name in '12':
    file = deleted(name)
    libc.mmap(None, 4096, mmap.PROT_READ, mmap.MAP_SHARED, file, 0)
    os.close(file)
hold()"""
)
"""What is seen by root, of others it is seen that there is some."""
CLOSED = _script("libc.prctl(4, 0, 0, 0, 0); held = deleted('1'), deleted('2'); hold()")
"""The same."""
_AWAY = """
files = [deleted('1'), deleted('2')]
near, far = socket.socketpair()
{}
for file in files:
    os.close(file)
hold()"""
AWAY = {
    "on their way": _script(_AWAY.format("socket.send_fds(near, [b'x'], files); near.close()")),
    "on their way to nobody yet": _script(
        _AWAY.format(
            """
asked = socket.socket(socket.AF_UNIX)
asked.bind('asked')
asked.listen()
near = socket.socket(socket.AF_UNIX)
near.connect('asked')
socket.send_fds(near, [b'x'], files)
near.close()"""
        )
    ),
    "on their way in what is on its way": _script(
        _AWAY.format(
            """
inner, other = socket.socketpair()
socket.send_fds(inner, [b'x'], files)
socket.send_fds(near, [b'x'], [other.fileno()])
inner.close()
other.close()"""
        )
    ),
    "of one who waits to send them": _script(
        _AWAY.format(
            """
near.setblocking(False)
try:
    while True:
        near.send(bytes(4096))
except BlockingIOError:
    near.setblocking(True)
tid = []
def send():
    tid.append(threading.get_native_id())
    socket.send_fds(near, [bytes(100_000)], files)
threading.Thread(target=send, daemon=True).start()
while not tid or 'S' not in open(f'/proc/self/task/{tid[0]}/stat').read().rpartition(')')[2].split()[0]:
    time.sleep(0.02)"""
        )
    ),
}
"""What can be looked at nowhere, and is seen to be there."""
RULE = """exec python3 - <<'END'
import ctypes, os, struct
libc = ctypes.CDLL(None)
def free():
    about = os.statvfs('/dev/shm')
    return about.f_bfree * about.f_frsize
before = free()
file = os.open('/dev/shm/a', os.O_RDWR | os.O_CREAT)
os.write(file, bytes(20_000_000))
rules = libc.syscall(444, struct.pack('=Q', 4), 8, 0)
ruled = libc.syscall(445, rules, 1, struct.pack('=Qi', 4, file), 0) == 0
os.unlink('/dev/shm/a')
os.close(file)
gone = before - free() > 19_000_000
print('a rule' if ruled else 'no rule', '20 MB are gone' if gone else 'all is free', sep=', ')
END"""
"""A rule of Landlock for a file that is deleted and closed, in a place whose room is the command's alone."""
_RESERVED = """exec python3 - <<'END'
import ctypes, fcntl, os, struct
libc = ctypes.CDLL(None, use_errno=True)
file = os.open('reserved', os.O_RDWR | os.O_CREAT | os.O_TRUNC)
answer = {}
print(os.strerror(ctypes.get_errno() if answer else 0))
print(os.fstat(file).st_blocks * 512)
END"""
RESERVED = {
    "fallocate": _RESERVED.format("libc.fallocate(file, 1, ctypes.c_long(0), ctypes.c_long(20_000_768))"),
    "ioctl": _RESERVED.format(
        "libc.ioctl(file, ctypes.c_ulong(0x40305828), struct.pack('=hhiqqiI16x', 0, 0, 0, 0, 20_000_768, 0, 0))"
    ),
}
WRITTEN = """exec python3 - <<'END'
import os
file = os.open('written', os.O_RDWR | os.O_CREAT)
os.posix_fallocate(file, 0, 20_000_000)
print(os.fstat(file).st_size, os.fstat(file).st_blocks * 512 >= 20_000_000)
END"""
"""What programs do instead."""
