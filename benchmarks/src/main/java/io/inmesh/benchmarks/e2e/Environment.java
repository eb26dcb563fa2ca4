package io.inmesh.benchmarks.e2e;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where peers run: this build's libraries, a directory for their files and logs, two cores.
 *
 * @param directory scratch; files of one run
 * @param profiled whether JVMs on the path leave a flight recording there
 */
record Environment(Path directory, boolean profiled) {
  /** The core of the client process and of the proxy beside it. */
  static final int CLIENT_CORE = 0;

  /** The core of the server and of the proxy beside it. */
  static final int SERVER_CORE = 1;

  /** The same for every JVM: a heap that never limits, one collector. */
  private static final List<String> JVM =
      List.of(
          "-Xms320m",
          "-Xmx320m",
          "-Xmn240m", // a collection a second at most, so that p99 is of requests
          "-XX:+UseSerialGC",
          // On one core, else each future of the JDK's client that is completed starts a thread.
          "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2",
          "-XX:-UseDynamicNumberOfCompilerThreads", // so that what they use can be told apart
          "-Dio.netty.noUnsafe=false");

  /** A JVM with this build's class path, on one core. */
  Process java(String name, int core, Class<?> main, List<String> arguments) throws IOException {
    return java(name, core, main, arguments, Map.of());
  }

  Process java(
      String name, int core, Class<?> main, List<String> arguments, Map<String, String> variables)
      throws IOException {
    String classPath = System.getProperty("java.class.path");
    return java(name, core, classPath, main.getName(), arguments, variables);
  }

  /** A JVM with a class path of its own. */
  Process java(
      String name,
      int core,
      String classPath,
      String main,
      List<String> arguments,
      Map<String, String> variables)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM);
    if (main.equals(ControlProcess.class.getName())) {
      // Holds the whole mesh, is on no request's path, and is to be there soon.
      command.addAll(List.of("-Xmx1g", "-XX:TieredStopAtLevel=1"));
    } else if (profiled) {
      Path file = directory.resolve(name + ".jfr");
      command.add("-XX:StartFlightRecording=settings=profile,filename=" + file);
      command.addAll(List.of("-Xlog:disable", "-Xlog:all=error:stderr")); // not on its output
    }
    command.add("-cp");
    command.add(classPath);
    command.add(main);
    command.addAll(arguments);
    return start(name, core, command, variables);
  }

  /** Any program, on one core. */
  Process start(String name, int core, List<String> command, Map<String, String> variables)
      throws IOException {
    List<String> pinned = new ArrayList<>();
    if (pinning()) {
      pinned.addAll(List.of("taskset", "-c", String.valueOf(core)));
    }
    pinned.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(pinned);
    builder.environment().putAll(variables);
    builder.redirectError(
        ProcessBuilder.Redirect.appendTo(directory.resolve(name + ".log").toFile()));
    return builder.start();
  }

  /** Lets threads of a process run on either core. */
  static void unpin(Process process, String thread) throws IOException {
    if (pinning()) {
      for (long id : ProcFs.threads(process.pid(), thread)) {
        new ProcessBuilder("taskset", "-pc", CLIENT_CORE + "," + SERVER_CORE, String.valueOf(id))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
      }
    }
  }

  /** Whether processes can be kept on their core. */
  static boolean pinning() {
    return Runtime.getRuntime().availableProcessors() >= 2 && installed("taskset");
  }

  /** Where processes run, as a sentence. */
  static String cores() {
    return pinning()
        ? "Client and the proxy beside it on core "
            + CLIENT_CORE
            + ", server and the proxy beside it on core "
            + SERVER_CORE
            + ".\n"
        : "Processes are not pinned.\n";
  }

  /** Whether a program is on the path. */
  static boolean installed(String program) {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(File.pathSeparator, -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }
}
