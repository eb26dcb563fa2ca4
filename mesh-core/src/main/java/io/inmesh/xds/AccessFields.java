package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.rbac.v3.SourcedMetadata;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.DoubleMatcher;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ListMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.OrMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.envoyproxy.envoy.type.v3.DoubleRange;
import io.envoyproxy.envoy.type.v3.Int32Range;

/** The part of {@link SupportedFields} about who may call what. */
final class AccessFields {
  private AccessFields() {}

  static void declare() {
    strictMessage(io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.class)
        .supports("rules", "shadow_rules", "shadow_rules_stat_prefix")
        .ignores("rules_stat_prefix", "track_per_rule_stats");
    strictMessage(RBACPerRoute.class).supports("rbac");
    strictMessage(io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.class)
        .supports("rules", "shadow_rules", "shadow_rules_stat_prefix")
        .ignores("stat_prefix", "enforcement_type", "delay_deny");
    strictMessage(RBAC.class).supports("action", "policies").ignores("audit_logging_options");
    strictMessage(Policy.class).supports("permissions", "principals");
    strictMessage(Permission.class)
        .supports(
            "and_rules",
            "or_rules",
            "any",
            "header",
            "url_path",
            "destination_ip",
            "destination_port",
            "destination_port_range",
            "metadata",
            "not_rule",
            "requested_server_name",
            "uri_template",
            "sourced_metadata");
    strictMessage(Permission.Set.class).supports("rules");
    strictMessage(Principal.class)
        .supports(
            "and_ids",
            "or_ids",
            "any",
            "authenticated",
            "source_ip",
            "direct_remote_ip",
            "remote_ip",
            "header",
            "url_path",
            "metadata",
            "filter_state",
            "not_id",
            "sourced_metadata");
    strictMessage(Principal.Set.class).supports("ids");
    strictMessage(Principal.Authenticated.class).supports("principal_name");
    strictMessage(SourcedMetadata.class).supports("metadata_matcher", "metadata_source");
    strictMessage(MetadataMatcher.class).supports("filter", "path", "value", "invert");
    strictMessage(MetadataMatcher.PathSegment.class).supports("key");
    strictMessage(ValueMatcher.class)
        .supports(
            "null_match",
            "double_match",
            "string_match",
            "bool_match",
            "present_match",
            "list_match",
            "or_match");
    message(ValueMatcher.NullMatch.class);
    strictMessage(DoubleMatcher.class).supports("range", "exact");
    strictMessage(ListMatcher.class).supports("one_of");
    strictMessage(OrMatcher.class).supports("value_matchers");
    strictMessage(FilterStateMatcher.class).supports("key", "string_match");
    strictMessage(PathMatcher.class).supports("path");
    strictMessage(UriTemplateMatchConfig.class).supports("path_template");
    message(CidrRange.class).supports("address_prefix", "prefix_len");
    message(Int32Range.class).supports("start", "end");
    message(DoubleRange.class).supports("start", "end");
  }
}
