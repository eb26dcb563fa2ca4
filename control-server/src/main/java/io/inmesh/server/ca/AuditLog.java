package io.inmesh.server.ca;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who obtained what, was refused what, and what operators did: one JSON object a line, appended to
 * {@code audit.log} in the state directory. Never contains a secret. Thread-safe.
 */
public final class AuditLog {
  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Optional<Path> file;
  private final InstantSource clock;
  private boolean failing;

  /**
   * A log.
   *
   * @param state empty: to the server's own log only
   */
  public AuditLog(Optional<Path> state, InstantSource clock) {
    this.file = state.map(directory -> directory.resolve("audit.log"));
    this.clock = clock;
  }

  /**
   * Notes an event.
   *
   * @param event stable, for example {@code issued}
   * @param facts name, value, name, value, …; empty values are left out
   */
  public void note(String event, String... facts) {
    ObjectNode line =
        JSON.createObjectNode().put("time", clock.instant().toString()).put("event", event);
    for (int i = 0; i + 1 < facts.length; i += 2) {
      if (!facts[i + 1].isEmpty()) {
        line.put(facts[i], facts[i + 1]);
      }
    }
    LOG.log(Level.DEBUG, "audit: {0}", line);
    file.ifPresent(path -> append(path, line + "\n"));
  }

  private synchronized void append(Path path, String line) {
    try {
      if (!Files.exists(path)) {
        PrivateFiles.directoryOf(path);
        Files.createFile(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      Files.write(path, line.getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND);
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        failing = true;
        LOG.log(Level.ERROR, "the audit log {0} cannot be written: {1}", path, e.toString());
      }
    }
  }
}
