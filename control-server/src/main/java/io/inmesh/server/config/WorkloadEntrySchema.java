package io.inmesh.server.config;

import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.model.Locality;
import java.util.LinkedHashMap;
import java.util.Map;

/** Istio {@code WorkloadEntry}, also inline in a ServiceEntry. */
final class WorkloadEntrySchema {

  static final ObjectSchema SPEC =
      object("WorkloadEntry")
          .required("address", text().length(1, 256), "IP address, or a DNS name")
          .optional(
              "ports",
              MapSchema.map(Formats.DNS_LABEL, NumberSchema.port(), 128),
              "port name → number, where it differs from the service's target port")
          .optional("labels", MapSchema.LABELS, "what selectors see")
          .optional("locality", text(Formats.LOCALITY).length(1, 256), "`region/zone/subzone`")
          .optional("weight", number(0, 1_000_000), "1", "share of traffic against the others")
          .optional(
              "serviceAccount", text(Formats.DNS_SUBDOMAIN), "the identity it is expected to hold")
          .optional("network", text().length(0, 256), "opaque")
          .rule(
              (entry, check) -> {
                String address = entry.text("address");
                String problem = Formats.ADDRESS.problem(address);
                if (address.startsWith("unix:")) {
                  entry.report(
                      FindingCode.NOT_APPLICABLE,
                      "address",
                      "a Unix socket cannot be reached by other processes of the mesh",
                      "expected an IP address or a DNS name");
                } else if (problem != null) {
                  entry.report(FindingCode.BAD_FORMAT, "address", problem, "");
                }
              });

  static final KindSchema KIND =
      new KindSchema(
          Kind.WORKLOAD_ENTRY,
          Formats.DNS_SUBDOMAIN,
          SPEC,
          (spec, namespace) -> WorkloadEntrySchema.read(spec));

  private WorkloadEntrySchema() {}

  static WorkloadEntrySpec read(View entry) {
    Map<String, Integer> ports = new LinkedHashMap<>();
    entry
        .map("ports")
        .forEach((name, port) -> ports.put(name, NumberSchema.parse(port).intValueExact()));
    return new WorkloadEntrySpec(
        entry.text("address"),
        ports,
        entry.map("labels"),
        entry.textOrEmpty("network"),
        locality(entry.textOrEmpty("locality")),
        entry.number("weight"),
        entry.textOrEmpty("serviceAccount"),
        entry.at());
  }

  private static Locality locality(String text) {
    String[] parts = text.split("/", -1);
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }
}
