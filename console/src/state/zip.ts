/** Puts files into a zip archive without packing them (APPNOTE 6.3, 4.3): names are UTF-8, times are this device's. */

/** What goes in. */
interface Packed {
  path: string;
  content: Blob;
  /** Seconds since the epoch. */
  modified: number;
}

const SLICE = 4_000_000;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of what is in a blob, of which a little is here at once. */
async function crc(content: Blob): Promise<number> {
  let value = 0xffffffff;
  for (let at = 0; at < content.size; at += SLICE)
    for (const byte of new Uint8Array(await content.slice(at, at + SLICE).arrayBuffer()))
      value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] as number);
  return (value ^ 0xffffffff) >>> 0;
}

/** Make an archive, of less than 4 GB and 65,536 files. */
export async function zipped(files: AsyncIterable<Packed>): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let at = 0;
  let length = 0;
  let count = 0;
  for await (const { path, content, modified } of files) {
    const name = new TextEncoder().encode(path);
    const [time, date] = clock(modified);
    const about = [20, 0x0800, 0, time, date];
    const sizes = [await crc(content), content.size, content.size];
    const head = record([0x04034b50], about, sizes, [name.length, 0]);
    parts.push(head, name, content);
    const entry = record([0x02014b50], [20, ...about], sizes, [name.length, 0, 0, 0, 0], [0, at]);
    directory.push(entry, name);
    at += head.length + name.length + content.size;
    length += entry.length + name.length;
    count++;
  }
  const end = record([0x06054b50], [0, 0, count, count], [length, at], [0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** Numbers of four bytes and of two, in turn: the first list has four each. */
function record(...lists: number[][]): Uint8Array<ArrayBuffer> {
  const width = (index: number): number => (index % 2 ? 2 : 4);
  const size = lists.reduce((sum, list, index) => sum + list.length * width(index), 0);
  const view = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const [index, list] of lists.entries())
    for (const value of list) {
      if (width(index) === 4) view.setUint32(at, value, true);
      else view.setUint16(at, value, true);
      at += width(index);
    }
  return new Uint8Array(view.buffer);
}

/** A time as MS-DOS had it. */
function clock(seconds: number): [time: number, date: number] {
  const at = new Date(seconds * 1000);
  const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
  return [time, (Math.max(0, at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate()];
}
