package io.inmesh.server.ca;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The secrets that show an {@link AdminRole}: one file for each role in {@code admin/} of the state
 * directory, readable for its owner only. Whoever may read the file has the role. Immutable.
 */
public final class AdminSecrets {
  private static final int BYTES = 24;
  private static final int MIN_LENGTH = 16;

  private final Map<AdminRole, String> secrets = new EnumMap<>(AdminRole.class);

  private AdminSecrets() {}

  /**
   * Reads the secrets, and makes those that are missing.
   *
   * @param state empty: new ones that end with the process
   */
  public static AdminSecrets open(Optional<Path> state) throws CaException {
    AdminSecrets opened = new AdminSecrets();
    for (AdminRole role : AdminRole.values()) {
      opened.secrets.put(role, state.isEmpty() ? random() : stored(file(state.get(), role)));
    }
    return opened;
  }

  /** Where the secret of a role is. */
  public static Path file(Path state, AdminRole role) {
    return state.resolve("admin").resolve(role.name().toLowerCase(Locale.ROOT) + ".token");
  }

  private static String stored(Path file) throws CaException {
    if (Files.exists(file)) {
      String kept = PrivateFiles.read(file).strip();
      if (kept.length() < MIN_LENGTH) {
        throw new CaException(
            file
                + ": holds no secret of at least "
                + MIN_LENGTH
                + " characters; delete it for a"
                + " new one");
      }
      return kept;
    }
    String secret = random();
    try {
      PrivateFiles.directoryOf(file);
      PrivateFiles.write(file, secret + "\n");
    } catch (IOException e) {
      throw new CaException(file + ": cannot be written (" + e + ")", e);
    }
    return secret;
  }

  private static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The secret of a role. */
  public String secret(AdminRole role) {
    return secrets.getOrDefault(role, "");
  }

  /** The strongest role that a secret shows; empty: none. */
  public Optional<AdminRole> role(String presented) {
    AdminRole strongest = null;
    byte[] bytes = presented.getBytes(StandardCharsets.UTF_8);
    for (Map.Entry<AdminRole, String> entry : secrets.entrySet()) {
      if (MessageDigest.isEqual(entry.getValue().getBytes(StandardCharsets.UTF_8), bytes)) {
        strongest = entry.getKey();
      }
    }
    return Optional.ofNullable(strongest);
  }
}
