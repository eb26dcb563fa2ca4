package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/** Istio's extension providers, as far as they decide about requests. */
final class ExtensionProviderSchema {
  private static final Format STATUS =
      Format.of("HTTP status", "\"400\" to \"599\"", text -> text.matches("[45][0-9]{2}"));

  /** Istio also writes the namespace before the host, for services that several declare. */
  private static final Format SERVICE =
      Format.of(
          "service",
          "<host> or <namespace>/<host>",
          text -> Formats.HOSTNAME.problem(text.substring(text.indexOf('/') + 1)) == null);

  private static final Format FIELD_PATTERN =
      Format.of(
          "header name",
          "a name, with '*' at most at one end",
          text ->
              text.matches("\\*|[*]?[A-Za-z0-9!#$%&'+.^_`|~-]+[*]?") && !text.matches("[*].+[*]"));

  private static final ObjectSchema BODY =
      object("EnvoyExternalAuthorizationRequestBody")
          .required(
              "maxRequestBytes",
              NumberSchema.number(1, 16 << 20),
              "bytes of each request that are kept until it is decided about")
          .optional(
              "allowPartialMessage",
              BooleanSchema.BOOLEAN,
              "false",
              "whether the beginning of a longer body will do; else that is refused with 413")
          .optional(
              "packAsBytes",
              BooleanSchema.BOOLEAN,
              "false",
              "`raw_body` instead of `body`, for what is no text; over gRPC only");

  private static final ObjectSchema GRPC = provider("EnvoyExternalAuthorizationGrpcProvider");

  private static final ObjectSchema HTTP =
      provider("EnvoyExternalAuthorizationHttpProvider")
          .optional("pathPrefix", text(Formats.ABSOLUTE_PATH), "before the path of the request")
          .optional(
              "includeRequestHeadersInCheck",
              fields(),
              "what it is shown of the request, besides `Authorization`")
          .optional(
              "includeHeadersInCheck", fields(), "the older name of `includeRequestHeadersInCheck`")
          .optional(
              "includeAdditionalHeadersInCheck",
              MapSchema.map(Formats.HEADER_NAME, text(Formats.HEADER_VALUE), 64),
              "what it is sent besides")
          .optional("headersToUpstreamOnAllow", fields(), "of its answer, for admitted requests")
          .optional("headersToDownstreamOnAllow", fields(), "of its answer, for responses")
          .optional(
              "headersToDownstreamOnDeny",
              fields(),
              "of its answer, for refusals; all if left out");

  static final ObjectSchema PROVIDER =
      object("ExtensionProvider")
          .required("name", text(Formats.DNS_SUBDOMAIN), "by which policies name it")
          .optional("envoyExtAuthzGrpc", GRPC, "speaks `envoy.service.auth.v3.Authorization`")
          .optional("envoyExtAuthzHttp", HTTP, "is sent the head of the request and answers 200")
          .rule(
              (provider, check) -> {
                if (provider.has("envoyExtAuthzGrpc") == provider.has("envoyExtAuthzHttp")) {
                  provider.report(
                      FindingCode.CONTRADICTION,
                      "a provider is one of envoyExtAuthzGrpc and envoyExtAuthzHttp",
                      "");
                }
              });

  private ExtensionProviderSchema() {}

  private static Schema fields() {
    return list(text(FIELD_PATTERN), 1, 64);
  }

  private static ObjectSchema provider(String name) {
    return object(name)
        .required("service", text(SERVICE), "the host of a service of the mesh")
        .required("port", NumberSchema.port(), "of that service")
        .optional("timeout", text(Formats.DURATION_FORMAT), "5s", "of a decision")
        .optional(
            "failOpen",
            BooleanSchema.BOOLEAN,
            "false",
            "whether requests pass that it did not decide about")
        .optional("statusOnError", text(STATUS), "403", "of those that do not pass")
        .optional(
            "includeRequestBodyInCheck", BODY, "what it is shown of the body; nothing if left out")
        .noEffect("clearRouteCache");
  }

  /** Names are unique. */
  static void check(View defaults, Check check) {
    Set<String> names = new HashSet<>();
    for (View provider : defaults.objects("extensionProviders")) {
      if (!names.add(provider.text("name"))) {
        provider.report(
            FindingCode.DUPLICATE_ENTRY,
            "name",
            "there are two providers " + Words.quote(provider.text("name")),
            "rename one of them");
      }
    }
  }

  static ExtensionProvider read(View provider) {
    View http = provider.objectOrNull("envoyExtAuthzHttp");
    View settings =
        http == null ? Objects.requireNonNull(provider.objectOrNull("envoyExtAuthzGrpc")) : http;
    String service = settings.text("service");
    return new ExtensionProvider(
        provider.text("name"),
        service.substring(service.indexOf('/') + 1),
        settings.number("port"),
        settings.duration("timeout"),
        settings.flag("failOpen"),
        Integer.parseInt(settings.text("statusOnError")),
        settings.has("includeRequestBodyInCheck")
            ? body(settings.object("includeRequestBodyInCheck"))
            : null,
        http == null ? null : http(http));
  }

  private static ExtensionProvider.Body body(View body) {
    return new ExtensionProvider.Body(
        body.number("maxRequestBytes"), body.flag("allowPartialMessage"), body.flag("packAsBytes"));
  }

  private static ExtensionProvider.Http http(View http) {
    return new ExtensionProvider.Http(
        http.textOrEmpty("pathPrefix"),
        http.has("includeRequestHeadersInCheck")
            ? http.texts("includeRequestHeadersInCheck")
            : http.texts("includeHeadersInCheck"),
        http.map("includeAdditionalHeadersInCheck"),
        http.texts("headersToUpstreamOnAllow"),
        http.texts("headersToDownstreamOnAllow"),
        http.texts("headersToDownstreamOnDeny"));
  }
}
