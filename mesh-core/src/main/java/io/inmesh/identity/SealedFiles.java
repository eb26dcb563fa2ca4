package io.inmesh.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Files that only this user on this host can read: AES-256-GCM under a key derived (HKDF, RFC 5869)
 * from a random one in the directory, the machine's id and the user's name. A copy of the directory
 * is of no use elsewhere. Confined to one thread at a time.
 */
public final class SealedFiles {
  private static final String KEY_FILE = "seal.key";
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;
  private final byte[] key;

  private SealedFiles(Path directory, byte[] key) {
    this.directory = directory;
    this.key = key;
  }

  /**
   * Opens a directory, which is made if there is none.
   *
   * @throws IOException if it cannot be used
   */
  public static SealedFiles open(Path directory) throws IOException {
    return open(directory, host(), System.getProperty("user.name", ""));
  }

  static SealedFiles open(Path directory, String host, String user) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Path file = directory.resolve(KEY_FILE);
    if (!Files.exists(file)) {
      byte[] fresh = new byte[KEY_BYTES];
      RANDOM.nextBytes(fresh);
      replace(file, fresh);
    }
    byte[] secret = Files.readAllBytes(file);
    if (secret.length != KEY_BYTES) {
      throw new IOException(file + " is damaged; delete the directory and join anew");
    }
    return new SealedFiles(directory, derive(secret, host + "\n" + user));
  }

  /** The machine's id; where there is none, as in many containers, its name. */
  private static String host() {
    for (Path id : List.of(Path.of("/etc/machine-id"), Path.of("/var/lib/dbus/machine-id"))) {
      try {
        String text = Files.readString(id).strip();
        if (!text.isEmpty()) {
          return text;
        }
      } catch (IOException e) {
        // The next one may be there.
      }
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "";
    }
  }

  private static byte[] derive(byte[] secret, String info) throws IOException {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(new byte[KEY_BYTES], "HmacSHA256"));
      byte[] extracted = mac.doFinal(secret);
      mac.init(new SecretKeySpec(extracted, "HmacSHA256"));
      mac.update(("inmesh state\n" + info).getBytes(StandardCharsets.UTF_8));
      return mac.doFinal(new byte[] {1});
    } catch (GeneralSecurityException e) {
      throw new IOException("this JVM has no HmacSHA256", e);
    }
  }

  /**
   * Reads a file.
   *
   * @return empty: there is none
   * @throws IOException if it cannot be read, was sealed elsewhere, or was changed
   */
  public Optional<byte[]> read(String name) throws IOException {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    byte[] sealed = Files.readAllBytes(file);
    if (sealed.length <= NONCE_BYTES) {
      throw new IOException(file + " is damaged");
    }
    try {
      Cipher cipher = cipher(Cipher.DECRYPT_MODE, sealed, name);
      return Optional.of(cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IOException(
          file + " was sealed on another host or by another user, or was changed since", e);
    }
  }

  /**
   * Replaces a file as a whole.
   *
   * @throws IOException if it cannot be written
   */
  public void write(String name, byte[] content) throws IOException {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    try {
      byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, name).doFinal(content);
      replace(
          directory.resolve(name),
          ByteBuffer.allocate(NONCE_BYTES + sealed.length).put(nonce).put(sealed).array());
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot seal " + name, e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String name) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(
        mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce, 0, NONCE_BYTES));
    cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private static void replace(Path file, byte[] content) throws IOException {
    Path next =
        Files.createTempFile(
            file.toAbsolutePath().getParent(),
            file.getFileName() + ".",
            ".next",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.write(next, content, StandardOpenOption.WRITE);
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }
}
