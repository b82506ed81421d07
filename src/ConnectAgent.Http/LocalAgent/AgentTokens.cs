using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Caching.Files;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>
/// The agent's own tokens: from the configuration, or set through the API and then, when asked, kept in <c>acl-tokens.json</c>, mode 0600
/// (acl section 5.9). A kept one beats the configured one at the start.
/// </summary>
internal sealed class AgentTokens(AgentTokenOptions options, AgentIdentity agent, RecoveryToken recovery, ILogger<AgentTokens> logger)
{
    private const string FileName = "acl-tokens.json";
    private readonly Lock _gate = new();
    private KeptTokens _kept = new(null, null, null, null);

    /// <summary>Reads the kept ones and puts them, or the configured ones, to use.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Load()
    {
        recovery.Use(options.Recovery);
        agent.UseAgentToken(options.Agent);
        if (PathOfFile is not { } path)
        {
            return;
        }

        try
        {
            using var file = PrivateFile.OpenRead(path, logger);
            if (file is null)
            {
                return;
            }

            _kept = JsonSerializer.Deserialize(file, KeptTokensJson.Default.KeptTokens) ?? _kept;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            // The content stays out of the text.
            throw new IOException($"{FileName} cannot be read: {(error is JsonException ? "it is no JSON" : error.Message)}", error is JsonException ? null : error);
        }

        Warn("default", options.Default, _kept.Default);
        Warn("agent", options.Agent, _kept.Agent);
        Warn("agent_recovery", options.Recovery, _kept.Recovery);
        agent.UseDefaultToken(_kept.Default ?? options.Default);
        agent.UseAgentToken(_kept.Agent ?? options.Agent);
        recovery.Use(_kept.Recovery ?? options.Recovery);
    }

    /// <summary>A reload changed the configured tokens; those that came through the API go on to win.</summary>
    public void Configured(AgentTokenOptions now)
    {
        lock (_gate)
        {
            agent.UseDefaultToken(_kept.Default ?? now.Default);
            agent.UseAgentToken(_kept.Agent ?? now.Agent);
        }
    }

    /// <summary>Sets one of them; an empty one clears it.</summary>
    /// <param name="type">One of the words of ACL-AGT-2.</param>
    /// <param name="token">Not checked (ACL-AGT-4).</param>
    /// <returns>Whether the word is known.</returns>
    /// <exception cref="IOException">It cannot be kept; nothing was changed.</exception>
    public bool TrySet(string type, string token)
    {
        var kept = NotEmpty(token);
        lock (_gate)
        {
            KeptTokens next;
            Action use;
            switch (type)
            {
                case "default" or "acl_token":
                    (next, use) = (_kept with { Default = kept }, () => agent.UseDefaultToken(token));
                    break;
                case "agent_recovery" or "agent_master" or "acl_agent_master_token":
                    (next, use) = (_kept with { Recovery = kept }, () => recovery.Use(token));
                    break;
                case "agent" or "acl_agent_token":
                    (next, use) = (_kept with { Agent = kept }, () => agent.UseAgentToken(token));
                    break;
                case "replication" or "acl_replication_token":
                    (next, use) = (_kept with { Replication = kept }, static () => { });
                    break;
                case "config_file_service_registration":
                    (next, use) = (_kept, static () => { });
                    break;
                default:
                    return false;
            }

            Save(next);
            _kept = next;
            use();
            return true;
        }
    }

    private string? PathOfFile => options.Directory is { } directory ? Path.Combine(directory, FileName) : null;

    private static string? NotEmpty(string text) => text.Length == 0 ? null : text;

    private void Warn(string name, string configured, string? kept)
    {
        if (configured.Length > 0 && kept is not null)
        {
            logger.KeptTokenWins(name);
        }
    }

    private void Save(KeptTokens tokens)
    {
        if (PathOfFile is { } path)
        {
            PrivateFile.Replace(path, stream => JsonSerializer.Serialize(stream, tokens, KeptTokensJson.Default.KeptTokens), overwrite: true);
        }
    }
}

/// <summary>The agent's own tokens as configured.</summary>
/// <param name="AreAclsOn">While they are off none can be set.</param>
/// <param name="Default">Empty for none.</param>
/// <param name="Agent">Empty for none.</param>
/// <param name="Recovery">Empty for none.</param>
/// <param name="Directory">Where those that come through the API are kept; null: nowhere.</param>
internal sealed record AgentTokenOptions(bool AreAclsOn, string Default, string Agent, string Recovery, string? Directory)
{
    // Records print their members.
    public override string ToString() => "tokens";
}

/// <summary>The file's content; only what came through the API.</summary>
internal sealed record KeptTokens(
    [property: JsonPropertyName("replication")] string? Replication,
    [property: JsonPropertyName("agent_recovery")] string? Recovery,
    [property: JsonPropertyName("default")] string? Default,
    [property: JsonPropertyName("agent")] string? Agent)
{
    /// <summary>The old spelling, which is read as well (ACL-AGT-7).</summary>
    [JsonPropertyName("agent_master")]
    public string? Master
    {
        get => null;
        init => Recovery ??= value;
    }

    public override string ToString() => "tokens";
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptTokens))]
internal sealed partial class KeptTokensJson : JsonSerializerContext;

// Event ids 3200-3299.
internal static partial class AgentTokensLog
{
    [LoggerMessage(
        3201, LogLevel.Warning, "\"{Name}\" token present in both the configuration and persisted token store, using the persisted token")]
    public static partial void KeptTokenWins(this ILogger logger, string name);
}
