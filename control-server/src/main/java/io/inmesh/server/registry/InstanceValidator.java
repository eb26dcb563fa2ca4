package io.inmesh.server.registry;

import static io.inmesh.server.registry.Names.quote;
import static io.inmesh.server.registry.RegistrationException.invalid;

import io.inmesh.model.Locality;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Turns a claim into an {@link Instance}, or names the first field at fault. */
final class InstanceValidator {
  static final int MAX_PORTS = 32;
  static final int MAX_LABELS = 64;
  static final long MAX_WEIGHT = 1_000_000;

  private InstanceValidator() {}

  /**
   * Checks a claim and fills in what it leaves out.
   *
   * @param remoteAddress the IP address the claim came from, used where it names none
   * @throws RegistrationException naming the field
   */
  static Instance validate(InstanceClaim claim, String remoteAddress) throws RegistrationException {
    if (!Names.isQualifiedPart(claim.id(), 253)) {
      throw invalid(
          "id", "must be 1 to 253 letters, digits, '-', '_' or '.', got " + quote(claim.id()));
    }
    requireLabel("service", claim.service());
    String namespace = claim.namespace().isEmpty() ? "default" : claim.namespace();
    requireLabel("namespace", namespace);
    if (!claim.version().isEmpty() && !Names.isQualifiedPart(claim.version(), 63)) {
      throw invalid("version", "must be a label value, got " + quote(claim.version()));
    }
    InstanceKey key = new InstanceKey(namespace, claim.service(), claim.id());
    return new Instance(
        key,
        address(claim.address(), remoteAddress),
        ports(claim.ports()),
        labels(claim),
        locality(claim),
        weight(claim.weight()),
        health("health", claim.health()),
        "");
  }

  /** Reads a health by name; empty means healthy. */
  static InstanceHealth health(String field, String name) throws RegistrationException {
    return switch (name) {
      case "", "HEALTHY" -> InstanceHealth.HEALTHY;
      case "UNHEALTHY" -> InstanceHealth.UNHEALTHY;
      case "DRAINING" -> InstanceHealth.DRAINING;
      default -> throw invalid(field, "must be HEALTHY, UNHEALTHY or DRAINING, got " + quote(name));
    };
  }

  private static void requireLabel(String field, String value) throws RegistrationException {
    if (!Names.isDnsLabel(value)) {
      throw invalid(
          field,
          "must be a DNS label (1 to 63 lower-case letters, digits, inner '-'), got "
              + quote(value));
    }
  }

  private static String address(String claimed, String remote) throws RegistrationException {
    String text = claimed.isEmpty() ? remote : claimed;
    byte[] bytes = text.indexOf('%') >= 0 ? null : NetUtil.createByteArrayFromIpAddressString(text);
    if (bytes == null) {
      throw invalid(
          "address",
          claimed.isEmpty()
              ? "is required: the caller's address is not an IP address"
              : "must be an IP address, got " + quote(text));
    }
    try {
      InetAddress parsed = InetAddress.getByAddress(bytes);
      if (parsed.isAnyLocalAddress() || parsed.isMulticastAddress()) {
        throw invalid("address", "must be an address others can reach, got " + quote(text));
      }
      return NetUtil.toAddressString(parsed);
    } catch (UnknownHostException e) {
      throw invalid("address", "must be an IP address, got " + quote(text));
    }
  }

  private static List<InstancePort> ports(List<InstanceClaim.PortClaim> claims)
      throws RegistrationException {
    if (claims.isEmpty()) {
      throw invalid("ports", "at least one is required");
    }
    if (claims.size() > MAX_PORTS) {
      throw invalid("ports", "at most " + MAX_PORTS + ", got " + claims.size());
    }
    List<InstancePort> ports = new ArrayList<>(claims.size());
    for (InstanceClaim.PortClaim claim : claims) {
      String path = "ports[" + ports.size() + "]";
      InstancePort port = port(path, claim);
      for (int i = 0; i < ports.size(); i++) {
        if (ports.get(i).name().equals(port.name())) {
          throw invalid(path + ".name", quote(port.name()) + " is the name of ports[" + i + "]");
        }
        if (ports.get(i).servicePort() == port.servicePort()) {
          throw invalid(
              path + ".service_port", port.servicePort() + " is also that of ports[" + i + "]");
        }
      }
      ports.add(port);
    }
    return List.copyOf(ports);
  }

  private static InstancePort port(String path, InstanceClaim.PortClaim claim)
      throws RegistrationException {
    if (!claim.name().isEmpty() && !Names.isDnsLabel(claim.name())) {
      throw invalid(path + ".name", "must be a DNS label, got " + quote(claim.name()));
    }
    String protocol =
        switch (claim.appProtocol()) {
          case "" -> protocolOfName(claim.name());
          case "http", "http2", "grpc" -> claim.appProtocol();
          case "kubernetes.io/h2c" -> "http2";
          default ->
              throw invalid(
                  path + ".app_protocol",
                  "must be http, http2, grpc or kubernetes.io/h2c, got "
                      + quote(claim.appProtocol()));
        };
    if (claim.instancePort() < 1 || claim.instancePort() > 65_535) {
      throw invalid(
          path + ".instance_port", "must be between 1 and 65535, got " + claim.instancePort());
    }
    if (claim.servicePort() < 0 || claim.servicePort() > 65_535) {
      throw invalid(
          path + ".service_port", "must be between 1 and 65535, got " + claim.servicePort());
    }
    int instancePort = (int) claim.instancePort();
    int servicePort = (int) claim.servicePort();
    if (servicePort == 0) {
      servicePort = protocol.equals("grpc") ? instancePort : 80;
    }
    String name = claim.name().isEmpty() ? protocol : claim.name();
    return new InstancePort(name, protocol, servicePort, instancePort);
  }

  private static String protocolOfName(String name) {
    int hyphen = name.indexOf('-');
    String head = hyphen < 0 ? name : name.substring(0, hyphen);
    return switch (head) {
      case "http2", "grpc" -> head;
      default -> "http";
    };
  }

  private static SortedMap<String, String> labels(InstanceClaim claim)
      throws RegistrationException {
    if (claim.labels().size() > MAX_LABELS) {
      throw invalid("labels", "at most " + MAX_LABELS + ", got " + claim.labels().size());
    }
    SortedMap<String, String> labels = new TreeMap<>();
    for (Map.Entry<String, String> label : claim.labels().entrySet()) {
      if (!Names.isLabelKey(label.getKey())) {
        throw invalid("labels", quote(label.getKey()) + " is not a label name");
      }
      if (!label.getValue().isEmpty() && !Names.isQualifiedPart(label.getValue(), 63)) {
        throw invalid(
            "labels[" + label.getKey() + "]",
            "must be a label value (at most 63 letters, digits, inner '-', '_' or '.'), got "
                + quote(label.getValue()));
      }
      labels.put(label.getKey(), label.getValue());
    }
    labels.putIfAbsent("app", claim.service());
    if (!claim.version().isEmpty()) {
      labels.putIfAbsent("version", claim.version());
    }
    return Collections.unmodifiableSortedMap(labels);
  }

  private static Locality locality(InstanceClaim claim) throws RegistrationException {
    requirePrintable("locality.region", claim.region());
    requirePrintable("locality.zone", claim.zone());
    requirePrintable("locality.subzone", claim.subzone());
    return new Locality(claim.region(), claim.zone(), claim.subzone());
  }

  private static void requirePrintable(String field, String value) throws RegistrationException {
    if (!Names.isPrintable(value)) {
      throw invalid(field, "must be at most 128 printable characters, got " + quote(value));
    }
  }

  private static int weight(long claimed) throws RegistrationException {
    if (claimed < 0 || claimed > MAX_WEIGHT) {
      throw invalid("weight", "must be between 1 and " + MAX_WEIGHT + ", got " + claimed);
    }
    return claimed == 0 ? 1 : (int) claimed;
  }
}
