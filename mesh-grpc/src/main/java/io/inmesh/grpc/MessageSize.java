package io.inmesh.grpc;

import io.grpc.KnownLength;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** How large a serialized message is. */
final class MessageSize {
  private MessageSize() {}

  /** Its bytes; reads them only if the stream does not know their number. */
  static long of(InputStream message) {
    try (message) {
      return message instanceof KnownLength ? message.available() : message.readAllBytes().length;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether there are more bytes; reads them only if the stream does not know their number. */
  static boolean exceeds(int limit, InputStream message) {
    try (message) {
      if (message instanceof KnownLength) {
        return message.available() > limit;
      }
      message.skipNBytes(limit);
      return message.read() >= 0;
    } catch (EOFException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
