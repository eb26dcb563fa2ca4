package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

/** The part of {@link SupportedFields} about who may call what. */
final class AccessFields {
  private AccessFields() {}

  static void declare() {
    strictMessage("envoy.extensions.filters.http.rbac.v3.RBAC")
        .supports("rules", "shadow_rules", "shadow_rules_stat_prefix")
        .ignores("rules_stat_prefix", "track_per_rule_stats");
    strictMessage("envoy.extensions.filters.http.rbac.v3.RBACPerRoute").supports("rbac");
    strictMessage("envoy.extensions.filters.network.rbac.v3.RBAC")
        .supports("rules", "shadow_rules", "shadow_rules_stat_prefix")
        .ignores("stat_prefix", "enforcement_type", "delay_deny");
    strictMessage("envoy.config.rbac.v3.RBAC")
        .supports("action", "policies")
        .ignores("audit_logging_options");
    strictMessage("envoy.config.rbac.v3.Policy").supports("permissions", "principals");
    strictMessage("envoy.config.rbac.v3.Permission")
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
    strictMessage("envoy.config.rbac.v3.Permission.Set").supports("rules");
    strictMessage("envoy.config.rbac.v3.Principal")
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
    strictMessage("envoy.config.rbac.v3.Principal.Set").supports("ids");
    strictMessage("envoy.config.rbac.v3.Principal.Authenticated").supports("principal_name");
    strictMessage("envoy.config.rbac.v3.SourcedMetadata")
        .supports("metadata_matcher", "metadata_source");
    strictMessage("envoy.type.matcher.v3.MetadataMatcher")
        .supports("filter", "path", "value", "invert");
    strictMessage("envoy.type.matcher.v3.MetadataMatcher.PathSegment").supports("key");
    strictMessage("envoy.type.matcher.v3.ValueMatcher")
        .supports(
            "null_match",
            "double_match",
            "string_match",
            "bool_match",
            "present_match",
            "list_match",
            "or_match");
    message("envoy.type.matcher.v3.ValueMatcher.NullMatch");
    strictMessage("envoy.type.matcher.v3.DoubleMatcher").supports("range", "exact");
    strictMessage("envoy.type.matcher.v3.ListMatcher").supports("one_of");
    strictMessage("envoy.type.matcher.v3.OrMatcher").supports("value_matchers");
    strictMessage("envoy.type.matcher.v3.FilterStateMatcher").supports("key", "string_match");
    strictMessage("envoy.type.matcher.v3.PathMatcher").supports("path");
    strictMessage("envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig")
        .supports("path_template");
    message("envoy.config.core.v3.CidrRange").supports("address_prefix", "prefix_len");
    message("envoy.type.v3.Int32Range").supports("start", "end");
    message("envoy.type.v3.DoubleRange").supports("start", "end");
  }
}
