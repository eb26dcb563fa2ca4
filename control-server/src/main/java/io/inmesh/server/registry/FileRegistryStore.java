package io.inmesh.server.registry;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * An append-only journal next to a snapshot. A line is {@code crc32c json}; a torn last line is
 * what a crash leaves and is dropped, as is any line that does not check out. Appends reach the
 * operating system before the caller goes on, so killing the process loses nothing; the disk is
 * made to follow on a thread of its own, coalesced. Replaying the journal over a snapshot that
 * already contains it changes nothing, so the two need no common transaction. What could not be
 * written, as the disk was full, is made up for by a snapshot once there is room again.
 */
final class FileRegistryStore implements RegistryStore {
  private static final System.Logger LOG = System.getLogger(FileRegistryStore.class.getName());
  private static final int COMPACT_AT_LEAST = 1_000;

  private final Path snapshotFile;
  private final StateLock lock;
  private final FileChannel journal;
  private final Map<InstanceKey, StoredLease> restored = new LinkedHashMap<>();
  private final AtomicBoolean syncQueued = new AtomicBoolean();
  private final ExecutorService syncer =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "inmesh-registry-sync");
            thread.setDaemon(true);
            return thread;
          });
  private long restoredEpoch;
  private int appended;
  private int skipped;

  /** Whether the files lack something that is in force. */
  private boolean lacking;

  private volatile String trouble = "";

  private FileRegistryStore(Path dir, StateLock lock) throws IOException {
    this.lock = lock;
    this.snapshotFile = dir.resolve("registry.snapshot");
    Path journalFile = dir.resolve("registry.journal");
    load(snapshotFile);
    long valid = load(journalFile);
    journal = FileChannel.open(journalFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    journal.truncate(valid); // what a crash tore off must not glue itself to the next line
    journal.position(valid);
    if (skipped > 0) {
      LOG.log(Level.WARNING, "skipped {0} damaged lines of the state in {1}", skipped, dir);
    }
  }

  /** Opens or creates a state directory and reads what it holds. */
  static FileRegistryStore open(Path dir) throws RegistryStateException {
    try {
      Files.createDirectories(dir);
    } catch (IOException e) {
      throw new RegistryStateException("cannot create state directory " + dir + ": " + e, e);
    }
    StateLock lock = StateLock.acquire(dir);
    try {
      return new FileRegistryStore(dir, lock);
    } catch (IOException e) {
      lock.close();
      throw new RegistryStateException("cannot read state directory " + dir + ": " + e, e);
    }
  }

  /** Applies the lines of a file; returns how many bytes of it are whole lines. */
  private long load(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    byte[] bytes = Files.readAllBytes(file);
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        String line = new String(bytes, start, i - start, StandardCharsets.UTF_8);
        try {
          apply(LeaseJson.read(checked(line)));
        } catch (IllegalArgumentException e) {
          skipped++;
        }
        start = i + 1;
        appended++;
      }
    }
    return start;
  }

  private void apply(LeaseJson.Line line) {
    if (line instanceof LeaseJson.Line.Put put) {
      restored.put(put.lease().instance().key(), put.lease());
      restoredEpoch = Math.max(restoredEpoch, put.lease().epoch());
    } else if (line instanceof LeaseJson.Line.Remove remove) {
      restored.remove(remove.key());
      restoredEpoch = Math.max(restoredEpoch, remove.epoch());
    } else if (line instanceof LeaseJson.Line.Epoch epoch) {
      restoredEpoch = Math.max(restoredEpoch, epoch.epoch());
    }
  }

  private static String line(LeaseJson.Line line) {
    String json = LeaseJson.write(line);
    return checksum(json) + " " + json + "\n";
  }

  private static String checked(String line) {
    int space = line.indexOf(' ');
    String json = line.substring(space + 1);
    if (space < 0 || !checksum(json).equals(line.substring(0, space))) {
      throw new IllegalArgumentException("checksum");
    }
    return json;
  }

  private static String checksum(String json) {
    CRC32C crc = new CRC32C();
    crc.update(json.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  @Override
  public Collection<StoredLease> restored() {
    return List.copyOf(restored.values());
  }

  @Override
  public long restoredEpoch() {
    return restoredEpoch;
  }

  @Override
  public void put(StoredLease lease) {
    append(new LeaseJson.Line.Put(lease));
  }

  @Override
  public void remove(InstanceKey key, long epoch) {
    append(new LeaseJson.Line.Remove(key, epoch));
  }

  private void append(LeaseJson.Line line) {
    try {
      append(ByteBuffer.wrap(line(line).getBytes(StandardCharsets.UTF_8)));
      appended++;
      if (!trouble.isEmpty()) {
        LOG.log(Level.INFO, "the registry's journal can be written again");
        trouble = "";
      }
      if (syncQueued.compareAndSet(false, true)) {
        syncer.execute(this::sync);
      }
    } catch (IOException e) {
      lacking = true;
      failed(e);
    }
  }

  /** All of a line or nothing: half of one would spoil the next, too. */
  private void append(ByteBuffer bytes) throws IOException {
    long whole = journal.position();
    try {
      while (bytes.hasRemaining()) {
        journal.write(bytes);
      }
    } catch (IOException e) {
      journal.truncate(whole);
      throw e;
    }
  }

  private void sync() {
    syncQueued.set(false);
    try {
      journal.force(false);
    } catch (IOException e) {
      failed(e);
    }
  }

  private void failed(IOException e) {
    if (trouble.isEmpty()) {
      LOG.log(
          Level.ERROR,
          "cannot write the registry''s journal; going on in memory: {0}",
          e.toString());
    }
    trouble = "the registry's journal cannot be written: " + e;
  }

  @Override
  public void compact(long epoch, Supplier<Collection<StoredLease>> live) {
    boolean mending = lacking && trouble.isEmpty();
    if (appended < COMPACT_AT_LEAST && !mending) {
      return;
    }
    Collection<StoredLease> leases = live.get();
    if (appended < 4 * leases.size() && !mending) {
      return;
    }
    Path next = snapshotFile.resolveSibling("registry.snapshot.next");
    try {
      try (FileChannel channel =
              FileChannel.open(
                  next,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          BufferedWriter out =
              new BufferedWriter(
                  new OutputStreamWriter(
                      java.nio.channels.Channels.newOutputStream(channel),
                      StandardCharsets.UTF_8))) {
        out.write(line(new LeaseJson.Line.Epoch(epoch)));
        for (StoredLease lease : leases) {
          out.write(line(new LeaseJson.Line.Put(lease)));
        }
        out.flush();
        channel.force(true);
      }
      Files.move(
          next, snapshotFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      journal.truncate(0);
      journal.position(0);
      appended = 0;
      lacking = false;
    } catch (IOException e) {
      delete(next); // half of it would only take up room
      failed(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The next one replaces it.
    }
  }

  @Override
  public String trouble() {
    return trouble;
  }

  @Override
  public void close() {
    syncer.shutdown();
    try {
      if (!syncer.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "the disk did not follow the registry''s journal within 5 s");
      }
      journal.force(false);
      journal.close();
    } catch (IOException e) {
      failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lock.close();
  }
}
