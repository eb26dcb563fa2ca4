package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.MeshDefaultsSpec.Binding;
import io.inmesh.server.config.MeshDefaultsSpec.Debounce;
import io.inmesh.server.config.MeshDefaultsSpec.Lease;
import io.inmesh.server.config.MeshDefaultsSpec.OutboundTrafficPolicy;
import io.inmesh.server.config.MeshDefaultsSpec.PathNormalization;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Ours: {@code MeshDefaults}. */
final class MeshDefaultsSchema {

  private static final Duration MAX_QUIET = Duration.ofMinutes(1);

  private static final ObjectSchema LEASE =
      object("LeaseDefaults")
          .optional("grace", duration(), "15s", "from the loss of a stream until it is unhealthy")
          .optional("removeAfter", duration(), "60s", "from then until it is removed")
          .optional("ttl", duration(), "30s", "between heartbeats of an HTTP registrant")
          .optional("maxTtl", duration(), "10m", "the longest it may ask for")
          .rule(
              (lease, check) -> {
                if (lease.duration("ttl").isZero()) {
                  lease.report(FindingCode.OUT_OF_RANGE, "ttl", "must be more than 0s", "");
                }
                order(lease, "ttl", "maxTtl");
              });

  private static final ObjectSchema BINDING =
      object("RegistrationBinding")
          .optional("namespace", text(Formats.DNS_LABEL), "default", "of the service")
          .required("service", text(Formats.DNS_LABEL), "its name")
          .required(
              "serviceAccounts",
              list(text(Formats.DNS_SUBDOMAIN), 1, 64),
              "of the same namespace, that may register it")
          .optional(
              "networks",
              list(text(Formats.CIDR), 64),
              "where its instances' addresses must be; anywhere if left out");

  private static final ObjectSchema SPEC =
      object("MeshDefaultsSpec")
          .optional("trustDomain", text(Formats.DNS_SUBDOMAIN), "cluster.local", "of identities")
          .optional(
              "domainSuffix",
              text(Formats.DNS_SUBDOMAIN),
              "svc.cluster.local",
              "what follows `<service>.<namespace>.`")
          .optional(
              "implicitServices",
              BooleanSchema.BOOLEAN,
              "true",
              "an instance no Service selects gets one of its own")
          .optional(
              "rootNamespace",
              text(Formats.DNS_LABEL),
              "inmesh-system",
              "its security policies apply to all namespaces")
          .optional(
              "denyByDefault",
              BooleanSchema.BOOLEAN,
              "false",
              "servers refuse what no ALLOW policy lets in, also where there is none")
          .optional(
              "pathNormalization",
              oneOf("NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES", "STRICT"),
              "STRICT",
              "of requests, before policies and applications see the path")
          .optional(
              "outboundTrafficPolicy",
              object("OutboundTrafficPolicy")
                  .required(
                      "mode",
                      oneOf("REGISTRY_ONLY", "ALLOW_ANY"),
                      "refuse what is not declared, or let it out"),
              "what becomes of calls to hosts that nothing declares, unless the client says that"
                  + " for itself; they are refused if left out")
          .optional("timeout", duration(), "of requests that no route or policy gives one")
          .optional("lease", LEASE, "how long an instance is believed")
          .optional(
              "emptySetGuardPercent",
              number(1, 100),
              "50",
              "keep endpoints if more of them would expire at once; 100 switches it off")
          .optional("endpointDebounce", debounce("10ms", "150ms"), "gathers endpoint changes")
          .optional("configDebounce", debounce("100ms", "1s"), "gathers file changes")
          .optional(
              "registration",
              list(BINDING, 4096),
              "who may register as which service; what is not named here belongs to the service"
                  + " account of its name")
          .optional(
              "extensionProviders",
              list(ExtensionProviderSchema.PROVIDER, 64),
              "who decides about requests for policies with the action CUSTOM")
          .optional(
              "attestation",
              AttestationSchema.ATTESTATION,
              "tokens of others that let processes join; join tokens only if left out")
          .optional(
              "trustDomainAliases",
              FederationSchema.ALIASES,
              "other names of the trust domain, under the same roots")
          .optional(
              "federation",
              FederationSchema.DOMAINS,
              "foreign trust domains whose identities are believed")
          .optional(
              "meshMTLS",
              TlsSettingsSchema.PARAMETERS,
              "what handshakes between peers of the mesh may agree on")
          .optional(
              "tlsDefaults",
              TlsSettingsSchema.PARAMETERS,
              "what handshakes with servers outside the mesh may agree on")
          .optional(
              "accessLog",
              AccessLogSchema.ACCESS_LOG,
              "what processes write of calls that end, to the logger `io.inmesh.access`; nothing"
                  + " if left out")
          .rule(FederationSchema::check)
          .rule(ExtensionProviderSchema::check);

  static final KindSchema KIND =
      new KindSchema(
          Kind.MESH_DEFAULTS, Formats.DNS_SUBDOMAIN, SPEC, (spec, namespace) -> read(spec));

  private MeshDefaultsSchema() {}

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  private static ObjectSchema debounce(String quiet, String cap) {
    return object("Debounce")
        .optional("quiet", duration(), quiet, "how long nothing must change")
        .optional("cap", duration(), cap, "how long a change waits at most")
        .rule(
            (debounce, check) -> {
              order(debounce, "quiet", "cap");
              if (debounce.duration("cap").compareTo(MAX_QUIET) > 0) {
                debounce.report(FindingCode.OUT_OF_RANGE, "cap", "must not be more than 1m", "");
              }
            });
  }

  private static void order(View view, String shorter, String longer) {
    if (view.duration(shorter).compareTo(view.duration(longer)) > 0) {
      view.report(
          FindingCode.TIME_ORDER,
          shorter,
          shorter
              + " "
              + view.text(shorter)
              + " is longer than "
              + longer
              + " "
              + view.text(longer),
          "");
    }
  }

  private static Spec read(View spec) {
    View lease = spec.object("lease");
    return new MeshDefaultsSpec(
        spec.text("trustDomain"),
        spec.text("domainSuffix"),
        spec.flag("implicitServices"),
        spec.text("rootNamespace"),
        spec.flag("denyByDefault"),
        PathNormalization.valueOf(spec.text("pathNormalization")),
        egress(spec.objectOrNull("outboundTrafficPolicy")),
        spec.durationOrNull("timeout"),
        new Lease(
            lease.duration("grace"),
            lease.duration("removeAfter"),
            lease.duration("ttl"),
            lease.duration("maxTtl")),
        spec.number("emptySetGuardPercent"),
        debounce(spec.object("endpointDebounce")),
        debounce(spec.object("configDebounce")),
        spec.objects("registration").stream().map(MeshDefaultsSchema::binding).toList(),
        spec.objects("extensionProviders").stream().map(ExtensionProviderSchema::read).toList(),
        AttestationSchema.read(spec.objectOrNull("attestation")),
        FederationSchema.read(spec),
        TlsSettingsSchema.of(spec),
        AccessLogSchema.read(spec.objectOrNull("accessLog")));
  }

  private static @Nullable OutboundTrafficPolicy egress(@Nullable View policy) {
    return policy == null ? null : OutboundTrafficPolicy.valueOf(policy.text("mode"));
  }

  private static Binding binding(View view) {
    return new Binding(
        view.text("namespace"),
        view.text("service"),
        view.texts("serviceAccounts"),
        view.texts("networks").stream().map(Network::parse).toList());
  }

  private static Debounce debounce(View view) {
    return new Debounce(view.duration("quiet"), view.duration("cap"));
  }
}
