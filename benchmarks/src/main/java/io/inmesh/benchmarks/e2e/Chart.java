package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.report.Interval;
import java.util.List;
import java.util.Locale;

/** CPU per request as horizontal bars, split by process, in one SVG. */
final class Chart {
  private static final int ROW = 26;
  private static final int LEFT = 170;
  private static final int WIDTH = 620;
  private static final List<String> ROLES = List.of("client", "server", "proxies");
  private static final List<String> COLOURS = List.of("#2563eb", "#0d9488", "#ea580c");

  private Chart() {}

  static String svg(Results results, List<Peer> peers, Cell cell) {
    List<Peer> shown =
        peers.stream().filter(peer -> !results.of(peer.name(), cell).isEmpty()).toList();
    double most = shown.stream().mapToDouble(peer -> total(results, peer, cell)).max().orElse(1);
    int height = 60 + ROW * shown.size();
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'"
                + " font-size='13'>%n<rect width='100%%' height='100%%' fill='white'/>%n"
                + "<text x='10' y='22' font-size='15'>CPU per request, µs (%s)</text>%n",
            LEFT + WIDTH + 90,
            height,
            cell.name()));
    for (int r = 0; r < ROLES.size(); r++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x='%d' y='11' width='12' height='12' fill='%s'/><text x='%d'"
                  + " y='22'>%s</text>%n",
              430 + r * 90,
              COLOURS.get(r),
              446 + r * 90,
              ROLES.get(r)));
    }
    for (int i = 0; i < shown.size(); i++) {
      bar(svg, results, shown.get(i), cell, 40 + i * ROW, most);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void bar(
      StringBuilder svg, Results results, Peer peer, Cell cell, int y, double most) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x='%d' y='%d' text-anchor='end'>%s</text>%n",
            LEFT - 8,
            y + 15,
            peer.name()));
    double x = LEFT;
    for (int r = 0; r < ROLES.size(); r++) {
      double width = micros(results, peer, cell, ROLES.get(r)) / most * WIDTH;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x='%.1f' y='%d' width='%.1f' height='%d' fill='%s'/>%n",
              x,
              y,
              width,
              ROW - 6,
              COLOURS.get(r)));
      x += width;
    }
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x='%.1f' y='%d'>%.0f</text>%n",
            x + 6,
            y + 15,
            total(results, peer, cell)));
  }

  private static double total(Results results, Peer peer, Cell cell) {
    return ROLES.stream().mapToDouble(role -> micros(results, peer, cell, role)).sum();
  }

  private static double micros(Results results, Peer peer, Cell cell, String role) {
    return Interval.of(
            results.of(peer.name(), cell).stream().map(result -> result.cpuMicros(role)).toList())
        .median();
  }
}
