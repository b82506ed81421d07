using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Makes tokens for bearer tokens, and takes them back (acl section 5.6).</summary>
internal sealed class LoginService(StateStore store, JwtVerifier verifier, AclOptions options, TimeProvider clock, ILogger<LoginService> logger)
{
    [Limit(MetaLimit, "bytes", "refused: 400", Refuses = true)]
    private const int LongestMeta = 16 * 1024;
    private const string MetaLimit = "login.meta";

    private static readonly JsonWriterOptions MetaOptions = new() { Encoder = GoJsonEncoder.Instance };

    // Rows are replaced when they change: what was read from one stays right.
    private readonly ConditionalWeakTable<AuthMethod, JwtSettings> _settings = [];
    private readonly ConditionalWeakTable<BindingRule, StrongBox<FilterExpression<LoginIdentity>?>> _selectors = [];

    /// <summary>Makes a token with what the rules of a method bind a bearer token to (ACL-LOG-1).</summary>
    /// <param name="name">The method's.</param>
    /// <param name="bearer">The token of the method's issuer; neither kept nor logged.</param>
    /// <param name="meta">Said in the description.</param>
    /// <exception cref="ServerException">ACL-LOG-2.</exception>
    public async Task<AclToken> LoginAsync(string name, string bearer, IReadOnlyDictionary<string, string> meta)
    {
        var method = AuthMethodStore.Find(store.Current, name) ?? throw Unknown(name);
        var identity = verifier.Verify(_settings.GetValue(method, AuthMethodStore.SettingsOf), bearer);
        var description = DescriptionOf(meta);
        var token = await store.WriteAsync(writer =>
        {
            // The keys that it was checked with must still be the method's; a method made anew under the name is another one.
            var current = AuthMethodStore.Find(writer.State, name) ?? throw Unknown(name);
            Require(current == method, $"auth method {GoQuote.Of(name)} has changed meanwhile: log in again");
            AclBounds.RequireRoom(writer, AclTables.Tokens, AclBounds.Tokens);
            return AclTokenStore.Put(writer, Bind(writer, method, identity) with { Description = description });
        });
        logger.LoggedIn(method.Name, token.AccessorId);
        return token;
    }

    /// <summary>Removes the token that asks for it, if a login made it (ACL-LOG-3).</summary>
    /// <exception cref="ServerException"><c>ACL not found</c>, <c>Permission denied</c>.</exception>
    public async Task LogoutAsync(AclToken? token)
    {
        if (token is null)
        {
            throw new ServerException(FailureKind.UnknownToken, "ACL not found");
        }

        if (token.AuthMethod.Length == 0)
        {
            throw new ServerException(FailureKind.PermissionDenied, "Permission denied");
        }

        if (!await store.WriteAsync(writer => AclTokenStore.Remove(writer, token.AccessorId)))
        {
            throw new ServerException(FailureKind.UnknownToken, "ACL not found");
        }

        logger.LoggedOut(token.AuthMethod, token.AccessorId);
    }

    private static ServerException Unknown(string name) => new(FailureKind.UnknownToken, $"ACL not found: auth method {GoQuote.Of(name)} not found");

    // The map as JSON, its names sorted.
    private static string DescriptionOf(IReadOnlyDictionary<string, string> meta)
    {
        const string Made = "token created via login";
        if (meta.Count == 0)
        {
            return Made;
        }

        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, MetaOptions))
        {
            writer.WriteStartObject();
            foreach (var (key, value) in meta.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        if (json.WrittenCount > LongestMeta)
        {
            throw new ServerException(FailureKind.Invalid, $"Bad request: Meta is longer than {LongestMeta} bytes") { Limit = MetaLimit };
        }

        return $"{Made}: {Encoding.UTF8.GetString(json.WrittenSpan)}";
    }

    private AclToken Bind(StateWriter writer, AuthMethod method, LoginIdentity identity)
    {
        List<ServiceIdentity> services = [];
        List<NodeIdentity> nodes = [];
        List<string> roles = [];
        foreach (var rule in BindingRuleStore.Of(writer.State, method.Name).Where(rule => Matches(rule, identity)))
        {
            var name = NameOf(rule, identity);
            if (rule.BindType == "service")
            {
                services.Add(new ServiceIdentity(name));
            }
            else if (rule.BindType == "node")
            {
                nodes.Add(new NodeIdentity(name, options.Datacenter));
            }
            else if (AclRoleStore.FindByName(writer.State, name) is { } role && !roles.Contains(role.Id, StringComparer.Ordinal))
            {
                roles.Add(role.Id);
            }
        }

        if (services.Count + nodes.Count + roles.Count == 0)
        {
            throw new ServerException(FailureKind.PermissionDenied, "Permission denied");
        }

        var now = clock.GetUtcNow();
        var isLocal = method.TokenLocality != "global";
        return new AclToken(AclIds.Make(), AclIds.Make())
        {
            Roles = roles,
            ServiceIdentities = AclLinks.Services(services, "token", isLocal),
            NodeIdentities = AclLinks.Nodes(nodes, "token"),
            Local = isLocal,
            AuthMethod = method.Name,
            ExpirationTime = method.MaxTokenTtl > ExactDuration.Zero ? now + method.MaxTokenTtl.ToTimeSpan() : null,
            CreateTime = now,
            CreateIndex = writer.Index,
        };
    }

    private bool Matches(BindingRule rule, LoginIdentity identity) =>
        _selectors.GetValue(rule, static row => new(LoginIdentity.Filter(row.Selector))).Value?.Matches(identity) ?? true;

    private static string NameOf(BindingRule rule, LoginIdentity identity)
    {
        string name;
        try
        {
            name = BindName.Compute(rule.BindName, identity.Variable);
        }
        catch (BindNameException error)
        {
            throw Failed($"cannot compute {GoQuote.Of(rule.BindType)} bind name for bind target: {error.Message}");
        }

        Require(BindName.IsValid(rule.BindType, name), $"computed {GoQuote.Of(rule.BindType)} bind name for bind target is invalid: {GoQuote.Of(name)}");
        return name;
    }
}

// Event ids 2310-2319.
internal static partial class LoginLog
{
    [LoggerMessage(2310, LogLevel.Information, "Logged in: method={Method}, accessor={Accessor}")]
    public static partial void LoggedIn(this ILogger logger, string method, string accessor);

    [LoggerMessage(2311, LogLevel.Information, "Logged out: method={Method}, accessor={Accessor}")]
    public static partial void LoggedOut(this ILogger logger, string method, string accessor);
}
