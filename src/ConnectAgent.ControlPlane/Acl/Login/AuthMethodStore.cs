using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Auth methods (acl section 5.5).</summary>
internal sealed partial class AuthMethodStore(StateStore store)
{
    private const string Jwt = "jwt";
    private const string Kubernetes = "kubernetes";
    private const string Invalid = "Invalid Auth Method: ";

    public static AuthMethod? Find(StateSnapshot state, string name) => AclNames.Find(state, LoginTables.ByName, name);

    /// <summary>The spelling under which a method's rules and tokens name it.</summary>
    public static string NameOf(StateSnapshot state, string name) => Find(state, name)?.Name ?? name;

    /// <summary>What a method says about its tokens.</summary>
    /// <exception cref="ServerException">Its configuration cannot be used (ACL-AM-3).</exception>
    public static JwtSettings SettingsOf(AuthMethod method)
    {
        try
        {
            return JwtSettings.Read(method.Config);
        }
        catch (JwtSettingsException error)
        {
            throw Failed(Invalid + error.Message, error.Limit);
        }
    }

    /// <summary>Makes a method, or replaces it as a whole; without a type it keeps its own.</summary>
    /// <exception cref="ServerException">ACL-AM-3, or a method of a kind that is not supported.</exception>
    public Task<AuthMethod> PutAsync(AuthMethod method) => store.WriteAsync(writer =>
    {
        LoginBounds.Check(method);
        Require(method.Name.Length > 0, Invalid + "no Name is set");
        Require(Name().IsMatch(method.Name), Invalid + "invalid Name. Only alphanumeric characters, '-' and '_' are allowed");
        var before = Find(writer.State, method.Name);
        if (before is not null)
        {
            Require(method.Type.Length == 0 || method.Type == before.Type, "the Type field of an Auth Method is immutable");
            method = method with { Name = before.Name, Type = before.Type };
        }
        else
        {
            AclBounds.RequireRoom(writer, LoginTables.AuthMethods, LoginBounds.Methods);
        }

        Check(method);
        var stored = method with { CreateIndex = before?.CreateIndex ?? writer.Index, ModifyIndex = writer.Index };
        writer.Put(LoginTables.AuthMethods, stored);
        return stored;
    });

    /// <summary>Removes a method with its binding rules and the tokens that it made, at once (ACL-AM-2); removing nothing is no error.</summary>
    public Task DeleteAsync(string name) => store.WriteAsync(writer =>
    {
        if (Find(writer.State, name) is not { } method)
        {
            return false;
        }

        writer.Remove(LoginTables.AuthMethods, method.Name);
        foreach (var rule in BindingRuleStore.Of(writer.State, method.Name).ToList())
        {
            writer.Remove(LoginTables.BindingRules, rule.Id);
        }

        foreach (var token in writer.State.Rows(AclTables.Tokens).Values.Where(token => token.AuthMethod == method.Name).ToList())
        {
            AclTokenStore.Remove(writer, token.AccessorId);
        }

        return true;
    });

    private static void Check(AuthMethod method)
    {
        Require(method.Type is Jwt or Kubernetes, Invalid + "Type should be one of: [jwt kubernetes]");
        var life = method.MaxTokenTtl;
        var text = $"MaxTokenTTL {life} cannot be ";
        Require(life == ExactDuration.Zero || life >= AclTokenStore.ShortestLife, text + "less than 1m0s");
        Require(life <= AclTokenStore.LongestLife, text + "more than 24h0m0s");
        Require(method.TokenLocality is "" or "local" or "global", Invalid + "TokenLocality should be one of 'local' or 'global'");
        Require(
            method.Type != Kubernetes,
            Invalid + "type \"kubernetes\" is not supported by this agent, which asks no Kubernetes API: use type \"jwt\" with "
                + "'JWTValidationPubKeys' set to the keys that sign the service accounts' tokens");
        _ = SettingsOf(method);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,128}$(?!\n)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
