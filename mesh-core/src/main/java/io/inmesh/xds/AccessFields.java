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
    strictMessage(io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.getDescriptor())
        .supports("rules", "shadow_rules", "shadow_rules_stat_prefix")
        .ignores("rules_stat_prefix", "track_per_rule_stats");
    strictMessage(RBACPerRoute.getDescriptor()).supports("rbac");
    strictMessage(io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.getDescriptor())
        .supports("rules", "shadow_rules", "shadow_rules_stat_prefix")
        .ignores("stat_prefix", "enforcement_type", "delay_deny");
    strictMessage(RBAC.getDescriptor())
        .supports("action", "policies")
        .ignores("audit_logging_options");
    strictMessage(Policy.getDescriptor()).supports("permissions", "principals");
    strictMessage(Permission.getDescriptor())
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
    strictMessage(Permission.Set.getDescriptor()).supports("rules");
    strictMessage(Principal.getDescriptor())
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
    strictMessage(Principal.Set.getDescriptor()).supports("ids");
    strictMessage(Principal.Authenticated.getDescriptor()).supports("principal_name");
    strictMessage(SourcedMetadata.getDescriptor()).supports("metadata_matcher", "metadata_source");
    strictMessage(MetadataMatcher.getDescriptor()).supports("filter", "path", "value", "invert");
    strictMessage(MetadataMatcher.PathSegment.getDescriptor()).supports("key");
    strictMessage(ValueMatcher.getDescriptor())
        .supports(
            "null_match",
            "double_match",
            "string_match",
            "bool_match",
            "present_match",
            "list_match",
            "or_match");
    message(ValueMatcher.NullMatch.getDescriptor());
    strictMessage(DoubleMatcher.getDescriptor()).supports("range", "exact");
    strictMessage(ListMatcher.getDescriptor()).supports("one_of");
    strictMessage(OrMatcher.getDescriptor()).supports("value_matchers");
    strictMessage(FilterStateMatcher.getDescriptor()).supports("key", "string_match");
    strictMessage(PathMatcher.getDescriptor()).supports("path");
    strictMessage(UriTemplateMatchConfig.getDescriptor()).supports("path_template");
    message(CidrRange.getDescriptor()).supports("address_prefix", "prefix_len");
    message(Int32Range.getDescriptor()).supports("start", "end");
    message(DoubleRange.getDescriptor()).supports("start", "end");
  }
}
