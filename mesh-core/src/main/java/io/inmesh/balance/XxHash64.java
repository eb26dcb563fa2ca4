package io.inmesh.balance;

import java.nio.charset.StandardCharsets;

/**
 * The 64-bit xxHash that Envoy and gRPC place requests and hosts on rings with, of a text's UTF-8
 * bytes. Allocates nothing for ASCII.
 *
 * @see <a href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">Specification</a>
 */
public final class XxHash64 {
  private static final long PRIME_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME_3 = 0x165667B19E3779F9L;
  private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME_5 = 0x27D4EB2F165667C5L;

  private XxHash64() {}

  /** The hash with seed 0. */
  public static long hash(String text) {
    return hash(text, 0);
  }

  /** The hash with a seed. */
  public static long hash(String text, long seed) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ofBytes(new String(bytes, StandardCharsets.ISO_8859_1), seed);
      }
    }
    return ofBytes(text, seed);
  }

  /** Each character stands for one byte. */
  private static long ofBytes(String text, long seed) {
    int length = text.length();
    int at = 0;
    long hash;
    if (length >= 32) {
      long a = seed + PRIME_1 + PRIME_2;
      long b = seed + PRIME_2;
      long c = seed;
      long d = seed - PRIME_1;
      for (; at <= length - 32; at += 32) {
        a = round(a, eight(text, at));
        b = round(b, eight(text, at + 8));
        c = round(c, eight(text, at + 16));
        d = round(d, eight(text, at + 24));
      }
      hash =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      hash = merge(merge(merge(merge(hash, a), b), c), d);
    } else {
      hash = seed + PRIME_5;
    }
    hash += length;
    for (; at <= length - 8; at += 8) {
      hash = Long.rotateLeft(hash ^ round(0, eight(text, at)), 27) * PRIME_1 + PRIME_4;
    }
    if (at <= length - 4) {
      hash = Long.rotateLeft(hash ^ (four(text, at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
      at += 4;
    }
    for (; at < length; at++) {
      hash = Long.rotateLeft(hash ^ (text.charAt(at) * PRIME_5), 11) * PRIME_1;
    }
    hash = (hash ^ (hash >>> 33)) * PRIME_2;
    hash = (hash ^ (hash >>> 29)) * PRIME_3;
    return hash ^ (hash >>> 32);
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
  }

  private static long merge(long hash, long lane) {
    return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
  }

  private static long eight(String text, int at) {
    return four(text, at) | four(text, at + 4) << 32;
  }

  private static long four(String text, int at) {
    return text.charAt(at)
        | (long) text.charAt(at + 1) << 8
        | (long) text.charAt(at + 2) << 16
        | (long) text.charAt(at + 3) << 24;
  }
}
