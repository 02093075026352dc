"""What kind of thing a file is, by the ending of its name: the same on every machine and in every Python.

`mimetypes` reads the machine's /etc/mime.types, changes from release to release, says of `data.json.gz` that it is JSON
(the encoding is a second value), and may know `.ts` as the translations of a toolkit. The types are IANA's where there
is one (media types registry), else what is commonly said.
"""

UNKNOWN = ("", "application/octet-stream")
"""Types that say nothing: a file's name says more."""
OF_ENDINGS = {
    "application/atom+xml": "atom",
    "application/epub+zip": "epub",
    "application/geo+json": "geojson",
    "application/gzip": "gz tgz svgz emz wmz",
    "application/java-archive": "jar war ear",
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/msword": "doc dot",
    "application/octet-stream": "bin exe dll so o a obj iso img dmg deb rpm pkl npy npz",
    "application/pdf": "pdf",
    "application/postscript": "ps eps ai",
    "application/rss+xml": "rss",
    "application/rtf": "rtf",
    "application/sql": "sql",
    "application/toml": "toml",
    "application/vnd.android.package-archive": "apk",
    "application/vnd.apache.arrow.file": "arrow feather",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.ms-excel": "xls xlt",
    "application/vnd.ms-outlook": "msg",
    "application/vnd.ms-powerpoint": "ppt pps",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.rar": "rar",
    "application/vnd.sqlite3": "sqlite sqlite3 db",
    "application/wasm": "wasm",
    "application/x-7z-compressed": "7z",
    "application/x-brotli": "br",
    "application/x-bzip2": "bz2 tbz tbz2 tb2",
    "application/x-compress": "z taz",
    "application/x-ipynb+json": "ipynb",
    "application/x-lz4": "lz4",
    "application/x-lzip": "lz tlz",
    "application/x-lzma": "lzma",
    "application/x-snappy-framed": "sz",
    "application/x-tar": "tar",
    "application/x-xz": "xz txz",
    "application/xhtml+xml": "xhtml xht",
    "application/xml": "xml xsl xsd rdf wsdl",
    "application/yaml": "yaml yml",
    "application/zip": "zip whl",
    "application/zstd": "zst zstd tzst",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/midi": "mid midi",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3 mp2",
    "audio/ogg": "ogg oga opus",
    "audio/wav": "wav",
    "audio/webm": "weba",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg jpeg jpe jfif",
    "image/jxl": "jxl",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/vnd.microsoft.icon": "ico",
    "image/webp": "webp",
    "message/rfc822": "eml mht mhtml",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "html htm",
    "text/javascript": "js mjs cjs",
    "text/markdown": "md markdown",
    "text/plain": (
        "txt text log ini cfg conf env properties lock diff patch tex bib rst org adoc srt jsx vue svelte scss less "
        "c h cc cpp cxx hh hpp cs go rs swift kt kts scala dart java rb php pl pm lua r jl hs ml clj ex exs erl zig "
        "sh bash zsh fish ps1 bat cmd tf hcl gradle cmake proto graphql gql asm s f90 m mm el lisp nim vim sass"
    ),
    "text/tab-separated-values": "tsv",
    "text/typescript": "ts tsx mts cts",
    "text/vcard": "vcf",
    "text/vtt": "vtt",
    "text/x-python": "py pyi pyw",
    "application/x-ndjson": "ndjson jsonl",
    "video/mp2t": "m2ts",
    "video/mp4": "mp4 m4v",
    "video/mpeg": "mpeg mpg mpe",
    "video/ogg": "ogv",
    "video/quicktime": "mov qt",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
}
"""Types, and the endings that have them. What is compressed is of its compression's type, whatever is inside it."""
_TYPES = {ending: kind for kind, endings in OF_ENDINGS.items() for ending in endings.split()}


def of(name: str) -> str | None:
    """Give the media type of a file with this name, or path; None when its ending says nothing."""
    stem, _, ending = name.rpartition("/")[2].lstrip(".").rpartition(".")
    return _TYPES.get(ending.lower()) if stem else None


def ending(media: str) -> str:
    """Give the usual ending of files of a media type, with its dot; empty for one that is not known."""
    endings = OF_ENDINGS.get(media.partition(";")[0].strip().lower(), "")
    return f".{endings.split()[0]}" if endings else ""
