using System.Text.RegularExpressions;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>Policies (acl section 5.3). Writes always go to this datacenter's store.</summary>
internal sealed partial class AclPolicyStore(StateStore store, AclOptions options, ILogger<AclPolicyStore> logger)
{
    // What is named of them; a text may have very many.
    [Limit("log.rule_kinds", "names", "left out")]
    private const int MostNamed = 10;
    [Limit("log.rule_kind", "characters", "cut")]
    private const int LongestKind = 64;

    /// <summary>Finds a policy by its ID.</summary>
    /// <exception cref="ServerException">A malformed ID (ACL-POL-4).</exception>
    public static AclPolicy? Find(StateSnapshot state, string id) => AclIds.WhyMalformed(id) is { } reason
        ? throw Failed("failed acl policy lookup: " + reason)
        : state.Find(AclTables.Policies, id);

    /// <summary>Finds a policy by its name, in whatever case.</summary>
    public static AclPolicy? FindByName(StateSnapshot state, string name) => AclNames.Find(state, AclTables.PoliciesByName, name);

    /// <summary>Makes a policy.</summary>
    /// <exception cref="ServerException">ACL-POL-4, ACL-RULE-6 to ACL-RULE-19.</exception>
    public Task<AclPolicy> CreateAsync(AclPolicy policy) => WriteAsync(policy, writer =>
    {
        CheckName(policy);
        Require(FindByName(writer.State, policy.Name) is null, $"Invalid Policy: A Policy with Name {GoQuote.Of(policy.Name)} already exists");
        AclBounds.RequireRoom(writer, AclTables.Policies, AclBounds.Policies);
        return Put(writer, policy with { Id = AclIds.Make(), CreateIndex = writer.Index });
    });

    /// <summary>Replaces a policy as a whole.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public Task<AclPolicy> UpdateAsync(AclPolicy policy) => WriteAsync(policy, writer =>
    {
        CheckName(policy);
        Require(AclIds.IsUuid(policy.Id), "Policy ID invalid UUID");
        var before = writer.State.Find(AclTables.Policies, policy.Id) ?? throw Failed($"cannot find policy {policy.Id}");
        policy = AclNames.AreSame(policy.Name, before.Name) ? policy with { Name = before.Name } : policy;
        Require(
            policy.Name == before.Name || FindByName(writer.State, policy.Name) is null,
            $"Invalid Policy: A policy with name {GoQuote.Of(policy.Name)} already exists");
        if (policy.Id == BuiltinPolicy.Id)
        {
            Require(policy.Datacenters.Count == 0, "Changing the Datacenters of the builtin global-management policy is not permitted");
            Require(policy.Rules == before.Rules, "Changing the Rules for the builtin global-management policy is not permitted");
        }

        return Put(writer, policy with { Id = before.Id, CreateIndex = before.CreateIndex });
    });

    /// <summary>Removes a policy; removing nothing is no error. Links to it vanish from answers (ACL-TOK-3).</summary>
    public Task DeleteAsync(string id) => store.WriteAsync(writer =>
    {
        Require(id != BuiltinPolicy.Id, "Delete operation not permitted on the builtin global-management policy");
        return Find(writer.State, id) is not null && writer.Remove(AclTables.Policies, id);
    });

    // ACL-DEF-3: a kind that nobody knows grants and denies nothing, which is not what its author meant.
    private async Task<AclPolicy> WriteAsync(AclPolicy policy, Func<StateWriter, AclPolicy> write)
    {
        AclBounds.Check(policy);
        HashSet<string> unknown = new(StringComparer.OrdinalIgnoreCase);
        var stored = await store.WriteAsync(writer =>
        {
            var row = write(writer);

            // Parsed for its errors; whoever resolves a token parses what is stored.
            PolicyRulesReader.Read(row.Rules, kind => unknown.Add(kind));
            Require(!options.StrictRules || unknown.Count == 0, $"Invalid Policy: unknown kind of rule: {string.Join(", ", Bounded(unknown).Select(GoQuote.Of))}");
            return row;
        });
        if (unknown.Count > 0)
        {
            logger.UnknownKinds(stored.Name, string.Join(", ", Bounded(unknown)));
        }

        return stored;
    }

    private static IEnumerable<string> Bounded(IEnumerable<string> kinds) =>
        kinds.Take(MostNamed).Select(kind => kind.Length <= LongestKind ? kind : kind[..LongestKind]);

    private static AclPolicy Put(StateWriter writer, AclPolicy policy)
    {
        var stored = policy with { Hash = policy.HashNow(), ModifyIndex = writer.Index };
        writer.Put(AclTables.Policies, stored);
        return stored;
    }

    private static void CheckName(AclPolicy policy)
    {
        Require(policy.Name.Length > 0, "Invalid Policy: no Name is set");
        Require(Name().IsMatch(policy.Name), "Invalid Policy: invalid Name. Only alphanumeric characters, '-' and '_' are allowed");
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,128}$(?!\n)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
