package io.inmesh.identity;

import io.inmesh.control.ControlLoop;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * The certificates that configuration may name for servers outside the mesh: each directory in one
 * directory is a credential of that name, with certificate, key and, if they are not the system's,
 * roots. Keys stay in this process, the control server knows names alone. A file that is replaced
 * is noticed within seconds; while files do not go together, what was read before stays. State
 * lives on the control loop.
 */
public final class Credentials implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Credentials.class.getName());

  private final Path directory;
  private final TlsMaterial material;
  private final FilePoll<Map<String, KeyFiles>> poll;
  private final Map<String, KeyFiles> seen = new ConcurrentHashMap<>();
  private final Map<String, Credential> usable = new HashMap<>();
  private String complaint = "";

  /**
   * Nothing read yet.
   *
   * @throws IllegalArgumentException if it is no directory
   */
  public Credentials(Path directory, TlsMaterial material, ControlLoop loop, Executor blocking) {
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException(
          "credentials-dir "
              + directory
              + " is no directory; expected one with a directory for each credential");
    }
    this.directory = directory;
    this.material = material;
    this.poll =
        new FilePoll<>(loop, blocking, this::read, this::use, e -> complain(String.valueOf(e)));
    loop.execute(poll::look);
  }

  /** What is said of calls that need a credential which is not here. */
  public static String missing(String name) {
    return "this process has no credential '"
        + name
        + "', which the DestinationRule names: it must be a directory with tls.crt and tls.key in"
        + " the one that the setting credentials-dir names";
  }

  private Map<String, KeyFiles> read() throws IOException {
    Map<String, KeyFiles> found = new TreeMap<>();
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : (Iterable<Path>) entries.filter(Files::isDirectory)::iterator) {
        String name = String.valueOf(entry.getFileName());
        try {
          found.put(name, KeyFiles.in(entry));
        } catch (IOException incomplete) {
          // Being replaced: another look may find it whole, until then the one before is used.
          KeyFiles before = seen.get(name);
          if (before != null) {
            found.put(name, before);
          }
        }
      }
    }
    return found;
  }

  private void use(Map<String, KeyFiles> found) {
    boolean changed = seen.keySet().retainAll(found.keySet());
    usable.keySet().retainAll(found.keySet());
    for (Map.Entry<String, KeyFiles> each : found.entrySet()) {
      if (!each.getValue().equals(seen.get(each.getKey()))) {
        try {
          usable.put(each.getKey(), Credential.of(each.getValue()));
          seen.put(each.getKey(), each.getValue());
          changed = true;
        } catch (CertificateException e) {
          complain(each.getKey() + ": " + e.getMessage());
        }
      }
    }
    if (changed) {
      complaint = "";
      LOG.log(Level.INFO, "credentials for servers outside the mesh: {0}", usable.keySet());
      material.update(usable);
    }
  }

  private void complain(String text) {
    if (!text.equals(complaint)) {
      complaint = text;
      LOG.log(Level.WARNING, "credentials-dir {0}: {1}", directory, text);
    }
  }

  /** What was read stays in force. On the control loop. */
  @Override
  public void close() {
    poll.close();
  }
}
