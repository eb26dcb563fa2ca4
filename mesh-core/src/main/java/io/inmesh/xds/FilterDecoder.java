package io.inmesh.xds;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutation;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.header_mutation.v3.Mutations;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.RawSettings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * HTTP filters and their replacements by route. A filter that this process cannot run rejects the
 * resource unless it is optional: a mesh that silently skips a filter may skip a policy.
 */
final class FilterDecoder {
  private static final String PREFIX = "type.googleapis.com/";
  private static final String ROUTER = PREFIX + "envoy.extensions.filters.http.router.v3.Router";
  private static final String HEADER_MUTATION =
      PREFIX + "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";
  private static final String HEADER_MUTATION_PER_ROUTE =
      PREFIX + "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute";
  private static final String FILTER_CONFIG = PREFIX + "envoy.config.route.v3.FilterConfig";
  private static final String TYPED_STRUCT = PREFIX + "xds.type.v3.TypedStruct";
  private static final int MAX_FILTERS = 64;

  private static final RawSettings OFF = new RawSettings(Map.of());

  /** Decodes the settings of one type; null: the filter is switched off. */
  @FunctionalInterface
  private interface Settings {
    @Nullable Object of(Any any, FieldPath path) throws Rejection;
  }

  /**
   * A type of settings.
   *
   * @param filter the type of the filter they are for: per-route settings have their own
   */
  private record Type(String filter, Settings settings) {}

  private final Decoding decoding;
  private final HeaderDecoder headers;
  private final BuiltInFilterDecoder builtIn;
  private final Map<String, Type> types;

  FilterDecoder(Decoding decoding, HeaderDecoder headers) {
    this.decoding = decoding;
    this.builtIn = new BuiltInFilterDecoder(decoding, headers);
    this.headers = headers;
    AccessDecoder access = new AccessDecoder(decoding);
    JwtDecoder jwt = new JwtDecoder(decoding);
    ExternalDecoder external = new ExternalDecoder(decoding);
    SessionDecoder sessions = new SessionDecoder(decoding);
    CorsDecoder cors = new CorsDecoder(decoding);
    this.types =
        Map.ofEntries(
            type(ExternalDecoder.EXT_AUTHZ, ExternalDecoder.EXT_AUTHZ, external::authorization),
            type(HEADER_MUTATION, HEADER_MUTATION, this::headerMutation),
            type(HEADER_MUTATION_PER_ROUTE, HEADER_MUTATION, this::headerMutationPerRoute),
            type(AccessDecoder.RBAC, AccessDecoder.RBAC, access::control),
            type(AccessDecoder.RBAC_PER_ROUTE, AccessDecoder.RBAC, access::perRoute),
            type(JwtDecoder.JWT, JwtDecoder.JWT, jwt::authentication),
            type(JwtDecoder.JWT_PER_ROUTE, JwtDecoder.JWT, jwt::perRoute),
            type(CorsDecoder.CORS, CorsDecoder.CORS, cors::listener),
            type(CorsDecoder.PER_ROUTE, CorsDecoder.CORS, cors::perRoute),
            type(SessionDecoder.SESSIONS, SessionDecoder.SESSIONS, sessions::sessions),
            type(SessionDecoder.PER_ROUTE, SessionDecoder.SESSIONS, sessions::perRoute));
  }

  private static Map.Entry<String, Type> type(String url, String filter, Settings settings) {
    return Map.entry(url, new Type(filter, settings));
  }

  /** A network filter before the HTTP one: what it decides is decided for each request. */
  FilterConfig network(Filter filter, FieldPath path) throws Rejection {
    FieldPath at = path.field("typed_config");
    Any any = filter.getTypedConfig();
    if (!any.getTypeUrl().equals(AccessDecoder.NETWORK_RBAC)) {
      throw new Rejection(at, "must be RBAC; the last filter is an HttpConnectionManager");
    }
    return new FilterConfig(
        filter.getName(), AccessDecoder.RBAC, false, new AccessDecoder(decoding).network(any, at));
  }

  /** A listener's filters; the last must be the router, which is left out. */
  List<FilterConfig> chain(List<HttpFilter> filters, FieldPath path) throws Rejection {
    if (filters.isEmpty()) {
      throw new Rejection(path.field("http_filters"), "is empty; the last filter is the router");
    }
    if (filters.size() > MAX_FILTERS) {
      throw new Rejection(path.field("http_filters"), "holds more than " + MAX_FILTERS);
    }
    List<FilterConfig> chain = new ArrayList<>(filters.size());
    Set<String> names = new HashSet<>();
    for (int i = 0; i < filters.size(); i++) {
      HttpFilter filter = filters.get(i);
      FieldPath at = path.field("http_filters", i);
      boolean last = i == filters.size() - 1;
      boolean router = filter.getTypedConfig().getTypeUrl().equals(ROUTER);
      if (router != last) {
        throw new Rejection(
            at,
            router ? "the router must be the last filter" : "the last filter must be the router");
      }
      if (!names.add(filter.getName())) {
        throw new Rejection(at.field("name"), "'" + filter.getName() + "' is used twice");
      }
      if (router) {
        break;
      }
      if (filter.hasConfigDiscovery()) {
        unknown(filter.getIsOptional(), at, "configuration by discovery");
        continue;
      }
      FilterConfig decoded =
          filter(
              filter.getName(),
              filter.getTypedConfig(),
              filter.getDisabled(),
              filter.getIsOptional(),
              at.field("typed_config"));
      if (decoded != null) {
        chain.add(decoded);
      }
    }
    return chain;
  }

  /** Replacements by filter name. */
  Map<String, FilterConfig> perRoute(Map<String, Any> configs, FieldPath path) throws Rejection {
    if (configs.isEmpty()) {
      return Map.of();
    }
    Map<String, FilterConfig> decoded = new LinkedHashMap<>();
    for (Map.Entry<String, Any> entry : configs.entrySet()) {
      FieldPath at = path.key("typed_per_filter_config", entry.getKey());
      Any any = entry.getValue();
      if (RouteExtensions.isOne(any)) {
        continue;
      }
      boolean optional = false;
      boolean disabled = false;
      if (any.getTypeUrl().equals(FILTER_CONFIG)) {
        var wrapper =
            decoding.unpack(any, io.envoyproxy.envoy.config.route.v3.FilterConfig.class, at);
        optional = wrapper.getIsOptional();
        disabled = wrapper.getDisabled();
        any = wrapper.getConfig();
        at = at.field("config");
        if (disabled && any.getTypeUrl().isEmpty()) {
          decoded.put(entry.getKey(), new FilterConfig(entry.getKey(), "", true, OFF));
          continue;
        }
      }
      FilterConfig filter = filter(entry.getKey(), any, disabled, optional, at);
      if (filter != null) {
        decoded.put(entry.getKey(), filter);
      }
    }
    return decoded;
  }

  private @Nullable FilterConfig filter(
      String name, Any any, boolean disabled, boolean optional, FieldPath path) throws Rejection {
    if (any.getTypeUrl().equals(TYPED_STRUCT)) {
      TypedStruct struct = decoding.unpack(any, TypedStruct.class, path);
      return known(struct.getTypeUrl(), optional, path)
          ? new FilterConfig(
              name,
              struct.getTypeUrl(),
              disabled,
              Structs.raw(struct.getValue(), path.field("value")))
          : null;
    }
    Type type = types.get(any.getTypeUrl());
    if (type == null && builtIn.knows(any)) {
      type = new Type(any.getTypeUrl(), builtIn::settings);
    }
    if (type == null) {
      unknown(optional, path, "'" + any.getTypeUrl() + "'");
      return null;
    }
    if (!known(type.filter(), optional, path)) {
      return null;
    }
    Object settings = type.settings().of(any, path);
    return new FilterConfig(
        name, type.filter(), disabled || settings == null, settings == null ? OFF : settings);
  }

  private boolean known(String typeUrl, boolean optional, FieldPath path) throws Rejection {
    boolean known = decoding.filters().contains(typeUrl);
    if (!known) {
      unknown(optional, path, "'" + typeUrl + "'");
    }
    return known;
  }

  private void unknown(boolean optional, FieldPath path, String what) throws Rejection {
    if (!optional) {
      throw new Rejection(
          path, what + " is no filter this version can run, and it is not optional");
    }
    decoding.remark(path, "the optional filter " + what + " is left out");
  }

  private HeaderChanges headerMutation(Any any, FieldPath path) throws Rejection {
    return mutations(decoding.unpack(any, HeaderMutation.class, path).getMutations(), path);
  }

  private HeaderChanges headerMutationPerRoute(Any any, FieldPath path) throws Rejection {
    return mutations(decoding.unpack(any, HeaderMutationPerRoute.class, path).getMutations(), path);
  }

  private HeaderChanges mutations(Mutations mutations, FieldPath path) throws Rejection {
    FieldPath at = path.field("mutations");
    List<HeaderAdd> requestAdds = new ArrayList<>();
    List<String> requestRemoves = new ArrayList<>();
    List<HeaderAdd> responseAdds = new ArrayList<>();
    List<String> responseRemoves = new ArrayList<>();
    headers.mutations(
        mutations.getRequestMutationsList(), at, "request_mutations", requestAdds, requestRemoves);
    headers.mutations(
        mutations.getResponseMutationsList(),
        at,
        "response_mutations",
        responseAdds,
        responseRemoves);
    return new HeaderChanges(requestAdds, requestRemoves, responseAdds, responseRemoves);
  }
}
