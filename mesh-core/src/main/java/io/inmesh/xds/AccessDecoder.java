package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.rbac.v3.MetadataSource;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.rbac.v3.SourcedMetadata;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.AccessRules.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Role-based access control. What cannot be enforced to the letter rejects the resource. */
final class AccessDecoder {
  static final String RBAC = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";
  static final String RBAC_PER_ROUTE =
      "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute";
  static final String NETWORK_RBAC =
      "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC";

  /** Where Istio's sidecars keep the peer's identity for filters behind a tunnel. */
  private static final String PEER_PRINCIPAL = "io.istio.peer_principal";

  private static final int MAX_NESTING = 32;

  private final Decoding decoding;
  private final MatchDecoder matches;
  private final MetadataDecoder metadata;

  AccessDecoder(Decoding decoding) {
    this.decoding = decoding;
    this.matches = new MatchDecoder(decoding);
    this.metadata = new MetadataDecoder(decoding, matches);
  }

  AccessControl control(Any any, FieldPath path) throws Rejection {
    return control(
        decoding.unpack(any, io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.class, path),
        path);
  }

  /** Null: nothing is enforced there. */
  @Nullable AccessControl perRoute(Any any, FieldPath path) throws Rejection {
    RBACPerRoute override = decoding.unpack(any, RBACPerRoute.class, path);
    return override.hasRbac() ? control(override.getRbac(), path.field("rbac")) : null;
  }

  AccessControl network(Any any, FieldPath path) throws Rejection {
    var rbac =
        decoding.unpack(
            any, io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.class, path);
    return new AccessControl(
        rules(rbac.hasRules(), rbac.getRules(), path.field("rules")),
        rules(rbac.hasShadowRules(), rbac.getShadowRules(), path.field("shadow_rules")),
        rbac.getShadowRulesStatPrefix());
  }

  private AccessControl control(
      io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC rbac, FieldPath path)
      throws Rejection {
    return new AccessControl(
        rules(rbac.hasRules(), rbac.getRules(), path.field("rules")),
        rules(rbac.hasShadowRules(), rbac.getShadowRules(), path.field("shadow_rules")),
        rbac.getShadowRulesStatPrefix());
  }

  private @Nullable AccessRules rules(boolean set, RBAC rbac, FieldPath path) throws Rejection {
    if (!set) {
      return null;
    }
    Action action =
        switch (rbac.getAction()) {
          case ALLOW -> Action.ALLOW;
          case DENY -> Action.DENY;
          case LOG -> Action.LOG;
          case UNRECOGNIZED ->
              throw new Rejection(path.field("action"), "is unknown to this version");
        };
    List<AccessPolicy> policies = new ArrayList<>(rbac.getPoliciesCount());
    for (var entry : new TreeMap<>(rbac.getPoliciesMap()).entrySet()) {
      policies.add(policy(entry.getKey(), entry.getValue(), path.key("policies", entry.getKey())));
    }
    return new AccessRules(action, policies);
  }

  private AccessPolicy policy(String name, Policy policy, FieldPath path) throws Rejection {
    decoding.audited(policy, path);
    if (policy.getPermissionsCount() == 0 || policy.getPrincipalsCount() == 0) {
      throw new Rejection(path, "needs permissions and principals");
    }
    return new AccessPolicy(
        name,
        new AccessMatch.AnyOf(permissions(policy.getPermissionsList(), path, "permissions", 0)),
        new AccessMatch.AnyOf(principals(policy.getPrincipalsList(), path, "principals", 0)));
  }

  private List<AccessMatch> permissions(
      List<Permission> permissions, FieldPath path, String field, int depth) throws Rejection {
    List<AccessMatch> decoded = new ArrayList<>(permissions.size());
    for (int i = 0; i < permissions.size(); i++) {
      decoded.add(permission(permissions.get(i), path.field(field, i), depth));
    }
    return decoded;
  }

  @SuppressWarnings("deprecation") // control planes still send the old field
  private AccessMatch permission(Permission permission, FieldPath path, int depth)
      throws Rejection {
    shallow(depth, path);
    return switch (permission.getRuleCase()) {
      case ANY -> always(permission.getAny(), path);
      case AND_RULES ->
          new AccessMatch.All(
              permissions(
                  permission.getAndRules().getRulesList(),
                  path.field("and_rules"),
                  "rules",
                  depth + 1));
      case OR_RULES ->
          new AccessMatch.AnyOf(
              permissions(
                  permission.getOrRules().getRulesList(),
                  path.field("or_rules"),
                  "rules",
                  depth + 1));
      case NOT_RULE ->
          new AccessMatch.Not(
              permission(permission.getNotRule(), path.field("not_rule"), depth + 1));
      case HEADER -> header(permission.getHeader(), path.field("header"));
      case URL_PATH -> path(permission.getUrlPath(), path.field("url_path"));
      case URI_TEMPLATE -> template(permission.getUriTemplate(), path.field("uri_template"));
      case DESTINATION_IP ->
          new AccessMatch.LocalIp(
              Cidrs.of(permission.getDestinationIp(), path.field("destination_ip")));
      case DESTINATION_PORT ->
          new AccessMatch.LocalPort(
              permission.getDestinationPort(), permission.getDestinationPort());
      case DESTINATION_PORT_RANGE ->
          new AccessMatch.LocalPort(
              permission.getDestinationPortRange().getStart(),
              permission.getDestinationPortRange().getEnd() - 1);
      case METADATA -> metadata.of(permission.getMetadata(), path.field("metadata"));
      case SOURCED_METADATA ->
          sourced(permission.getSourcedMetadata(), path.field("sourced_metadata"));
      case REQUESTED_SERVER_NAME ->
          new AccessMatch.ServerName(
              matches.string(
                  permission.getRequestedServerName(), path.field("requested_server_name")));
      default -> throw new Rejection(path, "has no rule that is supported");
    };
  }

  private List<AccessMatch> principals(
      List<Principal> principals, FieldPath path, String field, int depth) throws Rejection {
    List<AccessMatch> decoded = new ArrayList<>(principals.size());
    for (int i = 0; i < principals.size(); i++) {
      decoded.add(principal(principals.get(i), path.field(field, i), depth));
    }
    return decoded;
  }

  @SuppressWarnings("deprecation") // control planes still send the old fields
  private AccessMatch principal(Principal principal, FieldPath path, int depth) throws Rejection {
    shallow(depth, path);
    return switch (principal.getIdentifierCase()) {
      case ANY -> always(principal.getAny(), path);
      case AND_IDS ->
          new AccessMatch.All(
              principals(
                  principal.getAndIds().getIdsList(), path.field("and_ids"), "ids", depth + 1));
      case OR_IDS ->
          new AccessMatch.AnyOf(
              principals(
                  principal.getOrIds().getIdsList(), path.field("or_ids"), "ids", depth + 1));
      case NOT_ID ->
          new AccessMatch.Not(principal(principal.getNotId(), path.field("not_id"), depth + 1));
      case AUTHENTICATED -> identity(principal.getAuthenticated(), path.field("authenticated"));
      case SOURCE_IP ->
          new AccessMatch.PeerIp(Cidrs.of(principal.getSourceIp(), path.field("source_ip")));
      case DIRECT_REMOTE_IP ->
          new AccessMatch.PeerIp(
              Cidrs.of(principal.getDirectRemoteIp(), path.field("direct_remote_ip")));
      case REMOTE_IP ->
          new AccessMatch.RemoteIp(Cidrs.of(principal.getRemoteIp(), path.field("remote_ip")));
      case HEADER -> header(principal.getHeader(), path.field("header"));
      case URL_PATH -> path(principal.getUrlPath(), path.field("url_path"));
      case METADATA -> metadata.of(principal.getMetadata(), path.field("metadata"));
      case SOURCED_METADATA ->
          sourced(principal.getSourcedMetadata(), path.field("sourced_metadata"));
      case FILTER_STATE -> {
        FieldPath at = path.field("filter_state");
        if (!principal.getFilterState().getKey().equals(PEER_PRINCIPAL)) {
          throw new Rejection(at.field("key"), "is not supported");
        }
        yield new AccessMatch.Identity(
            matches.string(principal.getFilterState().getStringMatch(), at.field("string_match")));
      }
      default -> throw new Rejection(path, "has no identifier that is supported");
    };
  }

  private static AccessMatch always(boolean any, FieldPath path) throws Rejection {
    if (!any) {
      throw new Rejection(path.field("any"), "must be true");
    }
    return new AccessMatch.Always();
  }

  private static void shallow(int depth, FieldPath path) throws Rejection {
    if (depth > MAX_NESTING) {
      throw new Rejection(path, "is nested too deeply");
    }
  }

  private AccessMatch header(HeaderMatcher header, FieldPath path) throws Rejection {
    return new AccessMatch.Header(matches.header(header, path));
  }

  private AccessMatch path(PathMatcher matcher, FieldPath path) throws Rejection {
    return new AccessMatch.Path(matches.string(matcher.getPath(), path.field("path")));
  }

  private AccessMatch identity(Principal.Authenticated authenticated, FieldPath path)
      throws Rejection {
    return new AccessMatch.Identity(
        authenticated.hasPrincipalName()
            ? matches.string(authenticated.getPrincipalName(), path.field("principal_name"))
            : null);
  }

  private AccessMatch sourced(SourcedMetadata sourced, FieldPath path) throws Rejection {
    if (sourced.getMetadataSource() != MetadataSource.DYNAMIC) {
      throw new Rejection(path.field("metadata_source"), "must be DYNAMIC");
    }
    return metadata.of(sourced.getMetadataMatcher(), path.field("metadata_matcher"));
  }

  private AccessMatch template(TypedExtensionConfig extension, FieldPath path) throws Rejection {
    FieldPath at = path.field("typed_config");
    if (!MessageTypes.is(extension.getTypedConfig(), UriTemplateMatchConfig.class)) {
      throw new Rejection(at, "must be a UriTemplateMatchConfig");
    }
    String template =
        decoding
            .unpack(extension.getTypedConfig(), UriTemplateMatchConfig.class, at)
            .getPathTemplate();
    return new AccessMatch.PathTemplate(UriTemplates.glob(template, at.field("path_template")));
  }
}
