package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import java.util.List;

/** The schemas of the filters of Gateway API routes. */
final class RouteFilterSchemas {

  private static final TextSchema HEADER_NAME = text(Formats.HEADER_NAME).length(1, 256);

  private static final ObjectSchema HEADER =
      object("HTTPHeader")
          .required("name", HEADER_NAME, "any case")
          .required("value", text(Formats.HEADER_VALUE).length(1, 4096), "");

  private static final ObjectSchema HEADER_MODIFIER =
      object("HTTPHeaderFilter")
          .optional("set", list(HEADER, 16), "replaces the header")
          .optional("add", list(HEADER, 16), "appends another value")
          .optional("remove", list(HEADER_NAME, 16), "removes the header")
          .rule(
              (filter, check) -> {
                RouteSchemas.uniqueHeaders(filter.objects("set"));
                RouteSchemas.uniqueHeaders(filter.objects("add"));
                for (String field : List.of("set", "add")) {
                  for (View header : filter.objects(field)) {
                    if (header.text("name").equalsIgnoreCase("host")) {
                      header.report(
                          FindingCode.NOT_APPLICABLE,
                          "name",
                          "the Host header cannot be changed by a header filter",
                          "use URLRewrite.hostname");
                    }
                  }
                }
              });

  private static final ObjectSchema PATH_MODIFIER =
      object("HTTPPathModifier")
          .required("type", oneOf("ReplaceFullPath", "ReplacePrefixMatch"), "")
          .optional("replaceFullPath", text().length(0, 1024), "for ReplaceFullPath")
          .optional("replacePrefixMatch", text().length(0, 1024), "for ReplacePrefixMatch")
          .rule(
              (path, check) -> {
                boolean full = path.text("type").equals("ReplaceFullPath");
                String needed = full ? "replaceFullPath" : "replacePrefixMatch";
                String other = full ? "replacePrefixMatch" : "replaceFullPath";
                RouteFilters.union(path, path.text("type"), needed, List.of(other));
              });

  private static final ObjectSchema REDIRECT =
      object("HTTPRequestRedirectFilter")
          .optional("scheme", oneOf("http", "https"), "")
          .optional("hostname", text(Formats.DNS_SUBDOMAIN), "")
          .optional("path", PATH_MODIFIER, "")
          .optional("port", NumberSchema.port(), "")
          .optional("statusCode", NumberSchema.oneOf(301, 302, 303, 307, 308), "302", "");

  private static final ObjectSchema REWRITE =
      object("HTTPURLRewriteFilter")
          .optional("hostname", text(Formats.DNS_SUBDOMAIN), "")
          .optional("path", PATH_MODIFIER, "");

  private static final ObjectSchema MIRROR =
      object("HTTPRequestMirrorFilter")
          .required("backendRef", RouteSchemas.BACKEND, "where the copy goes")
          .optional("percent", number(0, 100), "of the requests; all if left out")
          .optional(
              "fraction",
              object("Fraction")
                  .required("numerator", number(0, Integer.MAX_VALUE), "")
                  .optional("denominator", number(1, Integer.MAX_VALUE), "100", "")
                  .rule(
                      (fraction, check) -> {
                        if (fraction.number("numerator") > fraction.number("denominator")) {
                          fraction.report(
                              FindingCode.OUT_OF_RANGE,
                              "numerator",
                              "the numerator is more than the denominator",
                              "");
                        }
                      }),
              "instead of `percent`")
          .rule(
              (mirror, check) -> {
                if (mirror.has("percent") && mirror.has("fraction")) {
                  mirror.report(
                      FindingCode.CONTRADICTION,
                      "fraction",
                      "percent and fraction exclude one another",
                      "");
                }
              });

  private static final ObjectSchema CORS =
      object("HTTPCORSFilter")
          .optional(
              "allowOrigins",
              list(text(Formats.ORIGIN).length(1, 253), 64),
              "whose pages may use the service; `*` in a host stands for any text")
          .optional("allowCredentials", BooleanSchema.BOOLEAN, "false", "cookies, for example")
          .optional("allowMethods", list(text(Formats.HEADER_NAME).length(1, 16), 10), "`*`: any")
          .optional("allowHeaders", list(HEADER_NAME, 64), "that pages may send; `*`: any")
          .optional("exposeHeaders", list(HEADER_NAME, 64), "of responses, that pages may read")
          .optional(
              "maxAge", number(1, Integer.MAX_VALUE), "5", "seconds browsers remember the answer")
          .rule(
              (cors, check) -> {
                for (String field : List.of("allowOrigins", "allowMethods", "allowHeaders")) {
                  List<String> values = cors.texts(field);
                  if (values.size() > 1 && values.contains("*")) {
                    cors.report(
                        FindingCode.CONTRADICTION,
                        field,
                        "'*' stands for all others",
                        "write it alone");
                  }
                }
              });

  private static final ObjectSchema EXTERNAL_AUTH =
      object("HTTPExternalAuthFilter")
          .required("protocol", oneOf("HTTP", "GRPC"), "")
          .required("backendRef", RouteSchemas.BACKEND, "the service asked")
          .optional(
              "grpc",
              object("GRPCAuthConfig").optional("allowedHeaders", list(HEADER_NAME, 64), ""),
              "")
          .optional(
              "http",
              object("HTTPAuthConfig")
                  .optional("path", text().length(0, 1024), "")
                  .optional("allowedHeaders", list(HEADER_NAME, 64), "")
                  .optional("allowedResponseHeaders", list(HEADER_NAME, 64), ""),
              "")
          .optional(
              "forwardBody",
              object("ForwardBodyConfig").optional("maxSize", number(0, 65535), "bytes"),
              "");

  private static final ObjectSchema EXTENSION_REF =
      object("LocalObjectReference")
          .required("group", text(Formats.GROUP), "`inmesh.io`")
          .required("kind", text(Formats.KIND_NAME), "`RoutePolicy`")
          .required("name", text().length(1, 253), "in the route's namespace")
          .rule(
              (ref, check) -> {
                if (!ref.text("group").equals(Kind.ROUTE_POLICY.group())
                    || !ref.text("kind").equals(Kind.ROUTE_POLICY.kindName())) {
                  ref.report(
                      FindingCode.NOT_APPLICABLE,
                      "filters of kind "
                          + ref.text("group")
                          + "/"
                          + ref.text("kind")
                          + " do not exist here",
                      "expected inmesh.io/RoutePolicy");
                }
              });

  /** A filter of an HTTPRoute. */
  static final ObjectSchema HTTP =
      common("HTTPRouteFilter", "RequestRedirect", "URLRewrite", "CORS", "ExternalAuth")
          .optional("requestRedirect", REDIRECT, "for type RequestRedirect")
          .optional("urlRewrite", REWRITE, "for type URLRewrite")
          .optional("cors", CORS, "for type CORS")
          .optional("externalAuth", EXTERNAL_AUTH, "for type ExternalAuth")
          .rule(RouteFilters::checkFilter);

  /** A filter of a GRPCRoute. */
  static final ObjectSchema GRPC = common("GRPCRouteFilter").rule(RouteFilters::checkFilter);

  private RouteFilterSchemas() {}

  private static ObjectSchema common(String name, String... further) {
    List<String> types =
        new java.util.ArrayList<>(
            List.of(
                "RequestHeaderModifier",
                "ResponseHeaderModifier",
                "RequestMirror",
                "ExtensionRef"));
    types.addAll(List.of(further));
    return object(name)
        .required("type", oneOf(types.toArray(String[]::new)), "which of the others applies")
        .optional("requestHeaderModifier", HEADER_MODIFIER, "for type RequestHeaderModifier")
        .optional("responseHeaderModifier", HEADER_MODIFIER, "for type ResponseHeaderModifier")
        .optional("requestMirror", MIRROR, "for type RequestMirror")
        .optional("extensionRef", EXTENSION_REF, "for type ExtensionRef");
  }
}
