package io.inmesh.server.ca;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who obtained what, was refused what, and what operators did: one JSON object a line, appended to
 * {@code audit.log} in the state directory. When it is full it becomes {@code audit.1.log}, that
 * {@code audit.2.log}, and so on; the oldest goes. What strangers cause is noted so often a minute
 * and then only counted, so that they cannot push out the rest. Lines are on the disk when they are
 * written; in a storm, of which the signing must not wait for the disk, once a second. Never
 * contains a secret. Thread-safe.
 */
public final class AuditLog {
  /**
   * How much is kept.
   *
   * @param bytes of one file
   * @param files besides the one that is written
   * @param refusals a minute that are noted one by one
   */
  record Bounds(long bytes, int files, int refusals) {
    /** 16 MiB, 8 files, 100. */
    static final Bounds DEFAULTS = new Bounds(16 << 20, 8, 100);
  }

  private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_FACT = 512;

  private final Optional<Path> state;
  private final InstantSource clock;
  private final Bounds bounds;
  private boolean failing;
  private Instant forced = Instant.EPOCH;
  private Instant minute = Instant.EPOCH;
  private int refusals;

  /**
   * A log.
   *
   * @param state empty: to the server's own log only
   */
  public AuditLog(Optional<Path> state, InstantSource clock) {
    this(state, clock, Bounds.DEFAULTS);
  }

  AuditLog(Optional<Path> state, InstantSource clock, Bounds bounds) {
    this.state = state;
    this.clock = clock;
    this.bounds = bounds;
  }

  /**
   * Notes an event.
   *
   * @param event stable, for example {@code issued}
   * @param facts name, value, name, value, …; empty values are left out, long ones cut
   */
  public void note(String event, String... facts) {
    write(event, facts);
  }

  /** Notes something that anybody can cause. */
  public void refused(String event, String... facts) {
    int more;
    boolean counted;
    synchronized (this) {
      Instant now = clock.instant().truncatedTo(ChronoUnit.MINUTES);
      more = now.equals(minute) ? 0 : Math.max(0, refusals - bounds.refusals());
      refusals = now.equals(minute) ? refusals + 1 : 1;
      minute = now;
      counted = refusals > bounds.refusals();
    }
    if (more > 0) {
      write("refused", "more", Integer.toString(more));
    }
    if (!counted) {
      write(event, facts);
    }
  }

  private void write(String event, String... facts) {
    ObjectNode line =
        JSON.createObjectNode().put("time", clock.instant().toString()).put("event", event);
    for (int i = 0; i + 1 < facts.length; i += 2) {
      String value = facts[i + 1];
      if (!value.isEmpty()) {
        line.put(facts[i], value.length() > MAX_FACT ? value.substring(0, MAX_FACT) + "…" : value);
      }
    }
    LOG.log(Level.DEBUG, "audit: {0}", line);
    state.ifPresent(directory -> append(directory, line + "\n"));
  }

  private synchronized void append(Path directory, String line) {
    Path file = directory.resolve("audit.log");
    try {
      rotate(directory, file);
      if (!Files.exists(file)) {
        PrivateFiles.directoryOf(file);
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.APPEND)) {
        append(out, StandardCharsets.UTF_8.encode(line));
        Instant now = clock.instant();
        if (!now.isBefore(forced.plusSeconds(1)) || now.isBefore(forced)) {
          out.force(false);
          forced = now;
        }
      }
      failing = false;
    } catch (IOException e) {
      if (!failing) {
        failing = true;
        LOG.log(Level.ERROR, "the audit log {0} cannot be written: {1}", file, e.toString());
      }
    }
  }

  /** All of a line or nothing: half of one would spoil the next, too. */
  private static void append(FileChannel out, ByteBuffer bytes) throws IOException {
    long whole = out.size();
    try {
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      out.truncate(whole);
      throw e;
    }
  }

  private void rotate(Path directory, Path file) throws IOException {
    if (!Files.exists(file) || Files.size(file) < bounds.bytes()) {
      return;
    }
    for (int number = bounds.files(); number >= 1; number--) {
      Path from = number == 1 ? file : directory.resolve("audit." + (number - 1) + ".log");
      try {
        Files.move(
            from,
            directory.resolve("audit." + number + ".log"),
            StandardCopyOption.REPLACE_EXISTING);
      } catch (NoSuchFileException notYet) {
        // There are fewer so far.
      }
    }
  }
}
