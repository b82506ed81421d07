using System.CommandLine;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli.Acl;

/// <summary>What a token or a role is linked with: policies, roles, identities; by flags.</summary>
/// <param name="withRoles">Whether it may be linked with roles.</param>
internal sealed class AclLinks(bool withRoles)
{
    private readonly Option<string[]> _policyIds = Flag.Texts("policy-id", "The ID of a policy, or its beginning.");
    private readonly Option<string[]> _policyNames = Flag.Texts("policy-name", "The name of a policy.");
    private readonly Option<string[]> _roleIds = Flag.Texts("role-id", "The ID of a role, or its beginning.");
    private readonly Option<string[]> _roleNames = Flag.Texts("role-name", "The name of a role.");
    private readonly Option<string[]> _services = Flag.Texts("service-identity", "A service, and optionally where: NAME or NAME:DC1,DC2.");
    private readonly Option<string[]> _nodes = Flag.Texts("node-identity", "A node and its datacenter: NAME:DC.");

    public Option[] Options => withRoles ? [_policyIds, _policyNames, _roleIds, _roleNames, _services, _nodes] : [_policyIds, _policyNames, _services, _nodes];

    /// <summary>Whether any is given.</summary>
    public bool AreGiven(Invocation call) => Options.Any(option => call.Has(option));

    /// <summary>Sets what is given.</summary>
    /// <param name="call">The flags.</param>
    /// <param name="target">The body.</param>
    /// <param name="isMerged">By the body's names: whether what is there stays.</param>
    public async Task SetAsync(Invocation call, JsonObject target, Func<string, bool> isMerged)
    {
        // As nodes by their type: adding anything else to an array serializes it by reflection.
        JsonArray policies = [.. call.Of(_policyNames).Select(static name => (JsonNode)Link(string.Empty, name))];
        foreach (var id in call.Of(_policyIds))
        {
            policies.Add((JsonNode)Link(await PolicyCommands.IdAsync(call, id), string.Empty));
        }

        Set("Policies", policies);
        if (withRoles)
        {
            JsonArray roles = [.. call.Of(_roleNames).Select(static name => (JsonNode)Link(string.Empty, name))];
            foreach (var id in call.Of(_roleIds))
            {
                roles.Add((JsonNode)Link(await RoleCommands.IdAsync(call, id), string.Empty));
            }

            Set("Roles", roles);
        }

        Set("ServiceIdentities", [.. call.Of(_services).Select(ServiceOf)]);
        Set("NodeIdentities", [.. call.Of(_nodes).Select(NodeOf)]);

        void Set(string name, JsonArray given)
        {
            JsonArray all = [];
            if (isMerged(name) && target[name] is JsonArray old)
            {
                foreach (var link in old.OfType<JsonObject>().Where(link => !given.OfType<JsonObject>().Any(now => IsSame(link, now))))
                {
                    all.Add(link.DeepClone());
                }
            }

            foreach (var link in given)
            {
                all.Add(link!.DeepClone());
            }

            if (all.Count > 0)
            {
                target[name] = all;
            }
            else
            {
                target.Remove(name);
            }
        }
    }

    // By ID or by name, whichever is given; identities as a whole.
    private static bool IsSame(JsonObject old, JsonObject now) => (string?)now["ID"] is { Length: > 0 } id
        ? (string?)old["ID"] == id
        : now["Name"] is not null ? (string?)old["Name"] == (string?)now["Name"] : JsonNode.DeepEquals(old, now);

    private static JsonObject Link(string id, string name) => new JsonObject { ["ID"] = id, ["Name"] = name };

    private static JsonNode ServiceOf(string text)
    {
        var parts = text.Split(':', 2);
        var identity = new JsonObject { ["ServiceName"] = parts[0] };
        if (parts is [_, { Length: > 0 } datacenters])
        {
            identity["Datacenters"] = new JsonArray([.. datacenters.Split(',').Select(static name => (JsonNode)name)]);
        }

        return identity;
    }

    private static JsonNode NodeOf(string text) => text.Split(':') is [{ Length: > 0 } name, { Length: > 0 } datacenter]
        ? new JsonObject { ["NodeName"] = name, ["Datacenter"] = datacenter }
        : throw new CommandFailure($"Malformed -node-identity argument: \"{text}\"");
}
