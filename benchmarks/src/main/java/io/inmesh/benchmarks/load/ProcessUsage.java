package io.inmesh.benchmarks.load;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this process has used.
 *
 * @param cpuSeconds user and system time
 * @param bytes allocated by the threads that live now
 */
record ProcessUsage(double cpuSeconds, long bytes) {
  static ProcessUsage now() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = 0;
    for (long allocated : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
      bytes += Math.max(0, allocated);
    }
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return new ProcessUsage(system.getProcessCpuTime() / 1e9, bytes);
  }

  ProcessUsage since(ProcessUsage before) {
    return new ProcessUsage(cpuSeconds - before.cpuSeconds, Math.max(0, bytes - before.bytes));
  }
}
