package io.inmesh;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ThreadLocalRandom;

/** The name of an instance that nobody named: unique on a network, readable. */
final class InstanceName {
  private InstanceName() {}

  /** Host name, process id and something random: a process may hold several memberships. */
  static String next() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "host";
    }
    int dot = host.indexOf('.');
    String label = (dot > 0 ? host.substring(0, dot) : host).replaceAll("[^A-Za-z0-9-]", "");
    return (label.isEmpty() || label.startsWith("-") ? "host" : label)
        + '-'
        + ProcessHandle.current().pid()
        + '-'
        + Integer.toHexString(0x10000 + ThreadLocalRandom.current().nextInt(0x10000)).substring(1);
  }
}
