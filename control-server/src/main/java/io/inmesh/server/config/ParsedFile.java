package io.inmesh.server.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file of a generation.
 *
 * @param name relative to the configuration directory, with {@code /}
 * @param objects what it holds
 * @param failure why it could not be read as a whole; null if it could
 * @param blank whether there is nothing in it but white space, as when an editor has just truncated
 *     it
 */
record ParsedFile(
    String name, List<ParsedObject> objects, @Nullable Finding failure, boolean blank) {

  /** Parses the content of a file; never throws. */
  static ParsedFile parse(String name, byte[] content) {
    Documents documents = DocumentParser.parse(name, content);
    List<ParsedObject> objects = new ArrayList<>();
    for (Node root : documents.roots()) {
      ObjectReader.read(name, root, null, objects);
    }
    return new ParsedFile(name, List.copyOf(objects), documents.failure(), isBlank(content));
  }

  /** A file that could not even be opened. */
  static ParsedFile unreadable(Finding failure) {
    return new ParsedFile(failure.file(), List.of(), failure, false);
  }

  private static boolean isBlank(byte[] content) {
    for (byte b : content) {
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return false;
      }
    }
    return true;
  }
}
