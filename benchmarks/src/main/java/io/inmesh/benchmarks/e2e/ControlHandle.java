package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A control plane in a process of its own, which may use all cores, for other benchmarks. */
public final class ControlHandle {
  /** How it was started, to be started again. */
  private record Start(Path scratch, Class<?> main, String what, List<String> jvm, int port) {}

  private final Start start;
  private final PeerRun run = new PeerRun();
  private final Process process;

  private ControlHandle(Start start) throws IOException {
    this.start = start;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(start.jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(start.main.getName(), start.what, String.valueOf(start.port)));
    this.process =
        new ProcessBuilder(command)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(start.scratch.resolve("control.log").toFile()))
            .start();
    run.add("control", process, true).ready();
  }

  /** Starts a control server with a configuration on a free port. */
  public static ControlHandle start(Path scratch, Path config) throws IOException {
    return start(scratch, config, List.of("-Xmx1g"));
  }

  /** The same with other options of its JVM. */
  public static ControlHandle start(Path scratch, Path config, List<String> jvm)
      throws IOException {
    return start(scratch, ControlProcess.class, config.toString(), jvm);
  }

  /** Starts a class whose arguments are a text and the port to serve xDS on. */
  public static ControlHandle start(Path scratch, Class<?> main, String what, List<String> jvm)
      throws IOException {
    return new ControlHandle(new Start(scratch, main, what, jvm, Ports.free()));
  }

  /** Stops it and starts another one on the same port. */
  public ControlHandle restart() throws IOException {
    stop();
    return new ControlHandle(start);
  }

  /** Where it serves xDS. */
  public InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), start.port);
  }

  /** Writes a line to its standard input. */
  public void send(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the process used so far. */
  public double cpuSeconds() {
    return ProcFs.cpuSeconds(process.pid());
  }

  /** Its resident set. */
  public double rssMegabytes() {
    return ProcFs.rssMegabytes(process.pid());
  }

  /** The most that its resident set ever was. */
  public double peakMegabytes() {
    return ProcFs.peakMegabytes(process.pid());
  }

  /** Ends it. */
  public void stop() {
    run.close();
  }
}
