package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.ServiceSpec.Port;
import io.inmesh.server.config.ServiceSpec.PortTarget;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code v1 Service}, after the Kubernetes API reference of {@code ServiceSpec}. */
final class ServiceSchema {

  private static final ObjectSchema PORT =
      object("ServicePort")
          .optional("name", text(Formats.DNS_LABEL), "needed if there are several ports")
          .required("port", NumberSchema.port(), "what clients use")
          .optional(
              "targetPort",
              PortOrNameSchema.PORT_OR_NAME,
              "where instances listen; `port` if left out")
          .optional(
              "appProtocol",
              text().length(1, 253),
              "`http`, `http2`, `kubernetes.io/h2c`, `grpc`, …; if left out, the name's first part"
                  + " tells")
          .optional("protocol", oneOf("TCP", "UDP", "SCTP"), "TCP", "only TCP is served")
          .noEffect("nodePort")
          .rule(
              (port, check) -> {
                if (!port.text("protocol").equals("TCP")) {
                  port.report(FindingCode.INEFFECTIVE, "protocol", "only TCP ports are served", "");
                }
              });

  private static final ObjectSchema SPEC =
      object("ServiceSpec")
          .optional("ports", list(PORT, 100), "needed unless `type` is ExternalName")
          .optional("selector", MapSchema.LABELS, "labels of the workloads that answer")
          .optional(
              "type",
              oneOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
              "ClusterIP",
              "all but ExternalName mean the same here")
          .optional("externalName", text(Formats.DNS_SUBDOMAIN), "for type ExternalName")
          .optional("clusterIP", text().length(0, 64), "only `None` (headless) is looked at")
          .optional(
              "publishNotReadyAddresses",
              BooleanSchema.BOOLEAN,
              "false",
              "publish instances that are not ready as healthy")
          .optional(
              "trafficDistribution",
              oneOf("PreferClose", "PreferSameZone", "PreferSameNode"),
              "near endpoints first; the node is taken for the subzone")
          .optional("sessionAffinity", oneOf("None", "ClientIP"), "None", "only None")
          .skipped("clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
          .noEffect(
              "allocateLoadBalancerNodePorts",
              "externalIPs",
              "externalTrafficPolicy",
              "healthCheckNodePort",
              "loadBalancerClass",
              "loadBalancerIP",
              "loadBalancerSourceRanges",
              "sessionAffinityConfig")
          .rule(ServiceSchema::checkPorts)
          .rule(ServiceSchema::checkType);

  static final KindSchema KIND =
      new KindSchema(Kind.SERVICE, Formats.SERVICE_NAME, SPEC, ServiceSchema::read);

  private ServiceSchema() {}

  private static void checkPorts(View spec, Check check) {
    List<View> ports = spec.objects("ports");
    if (ports.isEmpty() && !spec.text("type").equals("ExternalName")) {
      spec.report(FindingCode.REQUIRED, "ports", "missing", "expected at least one port");
    }
    Set<String> names = new HashSet<>();
    Set<String> numbers = new HashSet<>();
    for (View port : ports) {
      if (!port.has("name")) {
        if (ports.size() > 1) {
          port.report(
              FindingCode.REQUIRED, "name", "missing", "a service with several ports names them");
        }
      } else if (!names.add(port.text("name"))) {
        port.report(
            FindingCode.DUPLICATE_ENTRY,
            "name",
            "another port is called " + Words.quote(port.text("name")),
            "");
      }
      if (!numbers.add(port.number("port") + "/" + port.text("protocol"))) {
        port.report(
            FindingCode.DUPLICATE_ENTRY,
            "port",
            "port " + port.number("port") + " is in the list already",
            "");
      }
    }
  }

  private static void checkType(View spec, Check check) {
    boolean external = spec.text("type").equals("ExternalName");
    if (external && !spec.has("externalName")) {
      spec.report(
          FindingCode.REQUIRED, "externalName", "missing", "type ExternalName needs the name");
    }
    if (spec.text("sessionAffinity").equals("ClientIP")) {
      NotYetSupported.SESSION_AFFINITY.report(
          spec.path().field("sessionAffinity"), spec.at("sessionAffinity"), check);
    }
  }

  private static Spec read(View spec, String namespace) {
    return new ServiceSpec(
        spec.objects("ports").stream().map(ServiceSchema::port).toList(),
        spec.map("selector"),
        spec.text("type"),
        spec.textOrEmpty("externalName"),
        spec.textOrEmpty("clusterIP"),
        spec.flag("publishNotReadyAddresses"),
        spec.textOrEmpty("trafficDistribution"));
  }

  private static Port port(View port) {
    int number = port.number("port");
    PortTarget target = new PortTarget(number, "");
    if (ObjectSchema.value(port.node(), "targetPort") instanceof Node.Scalar scalar) {
      target =
          scalar.type() == Node.Type.STRING
              ? new PortTarget(0, scalar.text())
              : new PortTarget(port.number("targetPort"), "");
    }
    return new Port(
        port.textOrEmpty("name"),
        number,
        target,
        port.textOrEmpty("appProtocol"),
        port.text("protocol"),
        port.at());
  }
}
