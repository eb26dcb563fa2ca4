package io.inmesh.server.ads;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The first 128 bits of SHA-256 over type, name and content. It depends on nothing else, so
 * replicas and restarts agree on it.
 */
record ContentHash(long high, long low) {
  static final ContentHash ZERO = new ContentHash(0, 0);

  static ContentHash of(String typeUrl, String name, byte[] content) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
    digest.update(typeUrl.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    digest.update(name.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
    digest.update(content);
    ByteBuffer bytes = ByteBuffer.wrap(digest.digest());
    return new ContentHash(bytes.getLong(), bytes.getLong());
  }

  /** Thirty-two hexadecimal digits. */
  String hex() {
    return hex(high, low);
  }

  static String hex(long high, long low) {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(high) + format.toHexDigits(low);
  }
}
