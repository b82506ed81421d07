using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Binding rules (acl section 5.5).</summary>
internal sealed class BindingRuleStore(StateStore store)
{
    private const string Invalid = "Invalid Binding Rule: ";

    /// <summary>Finds a rule by its ID.</summary>
    /// <exception cref="ServerException">A malformed ID.</exception>
    public static BindingRule? Find(StateSnapshot state, string id) => AclIds.WhyMalformed(id) is { } reason
        ? throw Failed("failed acl binding rule lookup: " + reason)
        : state.Find(LoginTables.BindingRules, id);

    /// <summary>The rules of a method.</summary>
    public static IEnumerable<BindingRule> Of(StateSnapshot state, string method) =>
        state.Rows(LoginTables.BindingRules).Values.Where(rule => rule.AuthMethod == method);

    /// <summary>Makes a rule.</summary>
    /// <exception cref="ServerException">ACL-BR-3.</exception>
    public Task<BindingRule> CreateAsync(BindingRule rule) => store.WriteAsync(writer =>
    {
        AclBounds.RequireRoom(writer, LoginTables.BindingRules, LoginBounds.Rules);
        return Put(writer, rule with { Id = AclIds.Make(), CreateIndex = writer.Index });
    });

    /// <summary>Replaces a rule as a whole; its method stays.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public Task<BindingRule> UpdateAsync(BindingRule rule) => store.WriteAsync(writer =>
    {
        Require(AclIds.IsUuid(rule.Id), "Binding Rule ID invalid UUID");
        var before = writer.State.Find(LoginTables.BindingRules, rule.Id) ?? throw Failed($"cannot find binding rule {rule.Id}");
        Require(
            rule.AuthMethod.Length == 0 || AclNames.AreSame(rule.AuthMethod, before.AuthMethod), "the AuthMethod field of an Binding Rule is immutable");
        return Put(writer, rule with { Id = before.Id, AuthMethod = before.AuthMethod, CreateIndex = before.CreateIndex });
    });

    /// <summary>Removes a rule; removing nothing is no error. Tokens that it has bound stay.</summary>
    public Task DeleteAsync(string id) => store.WriteAsync(writer =>
        Find(writer.State, id) is not null && writer.Remove(LoginTables.BindingRules, id));

    private static BindingRule Put(StateWriter writer, BindingRule rule)
    {
        LoginBounds.Check(rule);
        Require(rule.AuthMethod.Length > 0, Invalid + "no AuthMethod is set");
        var method = AuthMethodStore.Find(writer.State, rule.AuthMethod)
            ?? throw Failed($"cannot find auth method with name {GoQuote.Of(rule.AuthMethod)}");
        Require(rule.BindType.Length > 0, Invalid + "no BindType is set");
        Require(rule.BindName.Length > 0, Invalid + "no BindName is set");
        Require(rule.BindType is "service" or "role" or "node", $"{Invalid}unknown BindType {GoQuote.Of(rule.BindType)}");
        CheckName(rule, method);
        CheckSelector(rule);
        var stored = rule with { AuthMethod = method.Name, ModifyIndex = writer.Index };
        writer.Put(LoginTables.BindingRules, stored);
        return stored;
    }

    // Any value that is valid by itself stands for a claim's: what is left is the rule's own text.
    private static void CheckName(BindingRule rule, AuthMethod method)
    {
        try
        {
            var name = BindName.Compute(rule.BindName, LoginIdentity.Blank(AuthMethodStore.SettingsOf(method), "fake").Variable);
            Require(BindName.IsValid(rule.BindType, name), Invalid + "invalid BindName");
        }
        catch (BindNameException error)
        {
            throw Failed($"{Invalid}invalid BindName: {error.Message}");
        }
    }

    private static void CheckSelector(BindingRule rule)
    {
        try
        {
            _ = LoginIdentity.Filter(rule.Selector);
        }
        catch (FilterException error)
        {
            throw Failed("invalid Binding Rule: Selector is invalid: " + error.Message, error.Limit);
        }
    }
}
