/* record/base/footer.h: the last bytes of an archive (docs/archive.md), as its writer and its reader know them.
 *
 * A skippable frame of zstd, little-endian: magic (4 bytes), size of what follows (4), OPJ_FOOTER_TEXT (8), offset and
 * size of the frame that holds the manifest (8 each). */
#ifndef OPJ_RECORD_BASE_FOOTER_H
#define OPJ_RECORD_BASE_FOOTER_H

#define OPJ_FOOTER_MAGIC 0x184D2A50u
#define OPJ_FOOTER_SIZE 32
#define OPJ_FOOTER_TEXT "opjfoot1"

#endif
