package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.ServiceEntrySpec.Location;
import io.inmesh.server.config.ServiceEntrySpec.Port;
import io.inmesh.server.config.ServiceEntrySpec.Resolution;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Istio {@code ServiceEntry}. */
final class ServiceEntrySchema {

  private static final List<String> PROTOCOLS =
      List.of("HTTP", "HTTPS", "HTTP2", "GRPC", "GRPC-WEB", "TCP", "TLS", "MONGO");

  private static final Format PROTOCOL =
      new Format() {
        @Override
        public String name() {
          return "protocol";
        }

        @Override
        public @Nullable String problem(String text) {
          return PROTOCOLS.contains(text.toUpperCase(Locale.ROOT))
              ? null
              : Words.quote(text) + " is not a protocol; expected " + Words.or(PROTOCOLS);
        }
      };

  private static final ObjectSchema PORT =
      object("ServiceEntryPort")
          .required("number", NumberSchema.port(), "what clients use")
          .required("name", text(Formats.DNS_LABEL), "unique in the entry")
          .optional("protocol", text(PROTOCOL), "HTTP", "what is spoken, in any case")
          .optional("targetPort", NumberSchema.port(), "where instances listen, if not `number`");

  private static final ObjectSchema SPEC =
      object("ServiceEntrySpec")
          .required("hosts", list(text(Formats.HOSTNAME), 1, 256), "names of the service")
          .noEffect("addresses")
          .required("ports", list(PORT, 1, 256), "at least one")
          .optional(
              "location", oneOf("MESH_EXTERNAL", "MESH_INTERNAL"), "MESH_EXTERNAL", "where it runs")
          .optional(
              "resolution",
              oneOf("NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"),
              "NONE",
              "how endpoints are found; NONE: by looking up the host of the request")
          .optional("endpoints", list(WorkloadEntrySchema.SPEC, 4096), "listed instances")
          .optional(
              "workloadSelector",
              object("WorkloadSelector")
                  .required("labels", MapSchema.LABELS, "labels of the workloads that answer"),
              "instead of `endpoints`")
          .optional(
              "exportTo",
              list(text().length(1, 63), 64),
              "namespaces whose callers see it; `.` is its own, `*` all, as if left out")
          .optional(
              "subjectAltNames",
              list(text().length(1, 256), 64),
              "of which the servers' certificates must have one, where callers use TLS")
          .rule(ServiceEntrySchema::checkPorts)
          .rule(ServiceEntrySchema::checkEndpoints);

  static final KindSchema KIND =
      new KindSchema(
          Kind.SERVICE_ENTRY, Formats.DNS_SUBDOMAIN, SPEC, (spec, namespace) -> read(spec));

  private ServiceEntrySchema() {}

  private static void checkPorts(View spec, Check check) {
    Set<String> names = new HashSet<>();
    Set<Integer> numbers = new HashSet<>();
    for (View port : spec.objects("ports")) {
      if (!names.add(port.text("name"))) {
        port.report(
            FindingCode.DUPLICATE_ENTRY,
            "name",
            "another port is called " + Words.quote(port.text("name")),
            "");
      }
      if (!numbers.add(port.number("number"))) {
        port.report(
            FindingCode.DUPLICATE_ENTRY,
            "number",
            "port " + port.number("number") + " is in the list already",
            "");
      }
    }
  }

  private static void checkEndpoints(View spec, Check check) {
    Resolution resolution = Resolution.valueOf(spec.text("resolution"));
    List<View> endpoints = spec.objects("endpoints");
    if (spec.has("endpoints") && spec.has("workloadSelector")) {
      spec.report(
          FindingCode.CONTRADICTION,
          "workloadSelector",
          "endpoints and workloadSelector exclude one another",
          "");
    }
    switch (resolution) {
      case NONE, DYNAMIC_DNS -> {
        if (!endpoints.isEmpty()) {
          spec.report(
              FindingCode.CONTRADICTION,
              "endpoints",
              "resolution " + resolution + " has no endpoints: requests go to the hosts themselves",
              "leave them out, or use STATIC or DNS");
        }
        checkTargets(spec);
      }
      case STATIC -> {
        if (endpoints.isEmpty() && !spec.has("workloadSelector")) {
          spec.report(
              FindingCode.INEFFECTIVE,
              "resolution STATIC without endpoints or workloadSelector: nothing can answer",
              "");
        }
        for (View endpoint : endpoints) {
          if (!Formats.isIp(endpoint.text("address"))) {
            endpoint.report(
                FindingCode.CONTRADICTION,
                "address",
                Words.quote(endpoint.text("address")) + " is not an IP address",
                "resolution STATIC needs addresses; for names use DNS");
          }
        }
      }
      case DNS, DNS_ROUND_ROBIN -> {
        if (resolution == Resolution.DNS_ROUND_ROBIN && endpoints.size() > 1) {
          spec.report(
              FindingCode.CONTRADICTION,
              "endpoints",
              "resolution DNS_ROUND_ROBIN takes one endpoint, there are " + endpoints.size(),
              "use DNS for several");
        }
        for (String host : endpoints.isEmpty() ? spec.texts("hosts") : List.<String>of()) {
          if (host.startsWith("*.")) {
            spec.report(
                FindingCode.CONTRADICTION,
                "hosts",
                Words.quote(host) + " cannot be asked of DNS",
                "list endpoints or leave out '*.'");
          }
        }
      }
    }
  }

  /** What stands for many hosts is called at the port that the call names. */
  private static void checkTargets(View spec) {
    if (spec.texts("hosts").stream().noneMatch(host -> host.startsWith("*"))) {
      return;
    }
    for (View port : spec.objects("ports")) {
      if (port.has("targetPort") && port.number("targetPort") != port.number("number")) {
        port.report(
            FindingCode.INEFFECTIVE,
            "targetPort",
            "hosts that a wildcard stands for are called at the port that the call names",
            "");
      }
    }
  }

  private static Spec read(View spec) {
    View selector = spec.objectOrNull("workloadSelector");
    return new ServiceEntrySpec(
        spec.texts("hosts"),
        spec.texts("addresses"),
        spec.objects("ports").stream().map(ServiceEntrySchema::port).toList(),
        Location.valueOf(spec.text("location")),
        Resolution.valueOf(spec.text("resolution")),
        spec.objects("endpoints").stream().map(WorkloadEntrySchema::read).toList(),
        selector == null ? java.util.Map.of() : selector.map("labels"),
        spec.texts("exportTo"),
        spec.texts("subjectAltNames"));
  }

  private static Port port(View port) {
    int number = port.number("number");
    return new Port(
        number,
        port.text("name"),
        port.text("protocol").toUpperCase(Locale.ROOT),
        port.has("targetPort") ? port.number("targetPort") : number,
        port.at());
  }
}
