package io.inmesh.benchmarks.footprint;

import io.inmesh.benchmarks.report.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The first call over HTTP from JVMs with other options, in turn. */
final class Variants {
  private static final List<String> ONE_CORE = List.of("taskset", "-c", "0");
  private static final String C1 = "-XX:TieredStopAtLevel=1";
  private static final String NO_EVENTS = "-Dio.netty.jfr.enabled=false";

  /** What the JVM says about classes that an archive cannot have is not for its output. */
  private static final List<String> SILENT = List.of("-Xlog:disable", "-Xlog:all=error:stderr");

  /** The command before the JVM's, and the JVM's options. */
  private record Variant(String name, String title, List<String> before, List<String> options) {
    private List<String> command(String control) {
      List<String> command = new ArrayList<>(before);
      command.addAll(Jvms.command(options, FirstCall.class, "http", control));
      return command;
    }
  }

  private final Jvms jvms;
  private final List<Variant> all;
  private final Path archive;

  Variants(Jvms jvms) {
    this.jvms = jvms;
    this.archive = jvms.scratch().resolve("classes.jsa");
    String archived = "-XX:SharedArchiveFile=" + archive;
    this.all =
        List.of(
            new Variant("two-cores", "two cores", List.of(), List.of()),
            new Variant("one-core", "one core", ONE_CORE, List.of()),
            new Variant("c1", "`" + C1 + "`", List.of(), List.of(C1)),
            new Variant("archive", "an archive of classes", List.of(), List.of(archived)),
            new Variant("archive-one-core", "the same on one core", ONE_CORE, List.of(archived)),
            new Variant(
                "archive-no-events",
                "an archive, `" + NO_EVENTS + "`",
                List.of(),
                List.of(archived, NO_EVENTS)),
            new Variant(
                "archive-c1", "an archive, `" + C1 + "`", List.of(), List.of(archived, C1)));
  }

  /** Measures each of them as often, against a control server and a server that run. */
  void measure(Page page, String control, int forks) throws IOException, InterruptedException {
    makeArchive(control);
    double[][] millis = new double[all.size()][forks];
    for (int fork = 0; fork < forks; fork++) {
      for (int i = 0; i < all.size(); i++) {
        millis[i][fork] = Double.parseDouble(jvms.run(all.get(i).command(control)));
      }
    }
    for (int i = 0; i < all.size(); i++) {
      page.figure(all.get(i).name(), millis[i]);
      Footprint.row(page, all.get(i).title(), millis[i]);
    }
  }

  private void makeArchive(String control) throws IOException, InterruptedException {
    List<String> options = new ArrayList<>(SILENT);
    options.add("-XX:ArchiveClassesAtExit=" + archive);
    var unused = jvms.run(Jvms.command(options, FirstCall.class, "http", control));
    if (Files.notExists(archive)) {
      throw new IOException("the JVM made no archive; " + jvms.scratch() + " may say why");
    }
  }
}
