package io.inmesh.conformance.world;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The connections to a port of this machine that their callers have not closed, as Linux knows
 * them.
 */
public record TcpConnections(List<Connection> all) {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

  /** Established; and closed by the server alone. */
  private static final Set<String> OPEN = Set.of("01", "08");

  private static final String KEEP_ALIVE = "02";

  /**
   * The caller's end of one.
   *
   * @param keepAlive whether the system is going to probe it
   */
  public record Connection(boolean keepAlive) {}

  /** Whether the system tells. */
  public static boolean known() {
    return Files.isReadable(TABLES.get(0));
  }

  /** Those there are now. */
  public static TcpConnections to(int port) {
    String remote = String.format(Locale.ROOT, ":%04X", port);
    return new TcpConnections(
        TABLES.stream()
            .filter(Files::isReadable)
            .flatMap(TcpConnections::rows)
            .map(row -> row.strip().split("\\s+"))
            .filter(row -> row[2].endsWith(remote) && OPEN.contains(row[3]))
            .map(row -> new Connection(row[5].startsWith(KEEP_ALIVE + ":")))
            .toList());
  }

  private static Stream<String> rows(Path table) {
    try {
      return Files.readAllLines(table).stream().skip(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
