// The encoding of what is hashed and signed: each part after its length, 4 bytes (docs/formats.md, section 1).

/** Returns encode(purpose, part, ...). */
export function encode(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const [data, size] = [typeof part === "string" ? Buffer.from(part) : part, Buffer.alloc(4)];
      size.writeUInt32BE(data.length);
      return [size, data];
    }),
  );
}

/** Returns the first parts of some bytes, one more than most if there are as many; none if they are not encoded so. */
export function partsOf(data: Buffer, most: number): Buffer[] {
  const parts = [];
  for (let at = 0; at < data.length && parts.length <= most; ) {
    const end = at + 4 <= data.length ? at + 4 + data.readUInt32BE(at) : Infinity;
    if (end > data.length) {
      return [];
    }
    parts.push(data.subarray(at + 4, end));
    at = end;
  }
  return parts;
}
