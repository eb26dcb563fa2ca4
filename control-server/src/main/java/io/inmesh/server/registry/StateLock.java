package io.inmesh.server.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Makes one process the only writer of a state directory. */
final class StateLock implements AutoCloseable {
  private static final String NAME = "lock";

  private final FileChannel channel;

  private StateLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes the lock; it is freed with the process, however that ends. */
  static StateLock acquire(Path dir) throws RegistryStateException {
    Path file = dir.resolve(NAME);
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String holder = read(file);
        channel.close();
        throw new RegistryStateException(
            "state directory "
                + dir
                + " is in use by another control server"
                + (holder.isEmpty() ? "" : " (process " + holder + ")")
                + "; stop it or choose another with --state");
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
      return new StateLock(channel);
    } catch (IOException e) {
      throw new RegistryStateException("cannot lock " + file + ": " + e, e);
    }
  }

  private static @org.jspecify.annotations.Nullable FileLock tryLock(FileChannel channel)
      throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  private static String read(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      return text.length() <= 20 && text.chars().allMatch(Character::isDigit) ? text : "";
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The lock dies with the process at the latest.
    }
  }
}
