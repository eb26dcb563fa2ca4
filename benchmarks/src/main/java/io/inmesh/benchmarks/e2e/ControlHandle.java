package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/** A control server in a process of its own, for other benchmarks. */
public final class ControlHandle {
  private final Path scratch;
  private final Path config;
  private final InetSocketAddress address;
  private final PeerRun run;
  private final Process process;

  private ControlHandle(Path scratch, Path config, InetSocketAddress address) throws IOException {
    this.scratch = scratch;
    this.config = config;
    this.address = address;
    this.run = new PeerRun();
    this.process =
        new Environment(scratch, false)
            .java(
                "control",
                Environment.SERVER_CORE,
                ControlProcess.class,
                List.of(config.toString(), String.valueOf(address.getPort())));
    run.add("control", process, true).ready();
  }

  /** Starts one on a free port. */
  public static ControlHandle start(Path scratch, Path config) throws IOException {
    return new ControlHandle(
        scratch,
        config,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Environment.freePort()));
  }

  /** Stops it and starts another one on the same port. */
  public ControlHandle restart() throws IOException {
    stop();
    return new ControlHandle(scratch, config, address);
  }

  /** Where it serves xDS. */
  public InetSocketAddress address() {
    return address;
  }

  /** What the process used so far. */
  public double cpuSeconds() {
    return ProcFs.cpuSeconds(process.pid());
  }

  /** Its resident set. */
  public double rssMegabytes() {
    return ProcFs.rssMegabytes(process.pid());
  }

  /** Ends it. */
  public void stop() {
    run.close();
  }
}
