package io.inmesh.server.config;

import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;

import io.inmesh.server.config.PeerAuthenticationSpec.Mode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Istio {@code PeerAuthentication}. */
final class PeerAuthenticationSchema {

  private static final Format PORT =
      Format.of("port number", "1 to 65535", PeerAuthenticationSchema::isPort);

  private static final ObjectSchema MUTUAL_TLS =
      object("MutualTLS")
          .optional(
              "mode",
              oneOf("UNSET", "DISABLE", "PERMISSIVE", "STRICT"),
              "UNSET",
              "UNSET: as the wider scope says");

  private static final ObjectSchema SPEC =
      object("PeerAuthenticationSpec")
          .optional(
              "selector",
              object("WorkloadSelector").optional("matchLabels", MapSchema.LABELS, "all of them"),
              "workloads of the namespace; all if left out")
          .optional("mtls", MUTUAL_TLS, "for all ports that are not listed")
          .optional(
              "portLevelMtls",
              MapSchema.map(PORT, MUTUAL_TLS, 64),
              "by the workload's port; needs a `selector`")
          .rule(
              (spec, check) -> {
                if (spec.has("portLevelMtls") && labels(spec).isEmpty()) {
                  spec.report(
                      FindingCode.CONTRADICTION,
                      "portLevelMtls",
                      "portLevelMtls needs a selector",
                      "ports are those of certain workloads");
                }
              });

  static final KindSchema KIND =
      new KindSchema(
          Kind.PEER_AUTHENTICATION, Formats.DNS_SUBDOMAIN, SPEC, (spec, namespace) -> read(spec));

  private PeerAuthenticationSchema() {}

  private static boolean isPort(String text) {
    return text.matches("[1-9][0-9]{0,4}") && Integer.parseInt(text) <= 65_535;
  }

  private static Map<String, String> labels(View spec) {
    View selector = spec.objectOrNull("selector");
    return selector == null ? Map.of() : selector.map("matchLabels");
  }

  private static Mode mode(@Nullable View mtls) {
    return mtls == null ? Mode.UNSET : Mode.valueOf(mtls.text("mode"));
  }

  private static Spec read(View spec) {
    Map<Integer, Mode> ports = new HashMap<>();
    spec.objectMap("portLevelMtls")
        .forEach((port, mtls) -> ports.put(Integer.valueOf(port), mode(mtls)));
    return new PeerAuthenticationSpec(labels(spec), mode(spec.objectOrNull("mtls")), ports);
  }
}
