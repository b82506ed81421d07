using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>The bounds of an entry, whichever call writes it. The reference has only those of meta and descriptions (intentions CE-11).</summary>
internal static class IntentionBounds
{
    /// <summary>Refuses an entry that is beyond a bound.</summary>
    /// <param name="entry">As it shall be.</param>
    /// <exception cref="ServerException">400; nothing else is wrong with it.</exception>
    public static void Require(IntentionEntry entry)
    {
        TextBounds.Name.Require(entry.Name, "Name");
        Require(entry.Jwt, "JWT");
        ConfigBounds.Sources.Require(entry.Sources.Length, "Sources");
        foreach (var source in entry.Sources)
        {
            TextBounds.Name.Require(source.Name, "a source's Name");
            TextBounds.Name.Require(source.Peer ?? string.Empty, "a source's Peer");
            var permissions = source.Permissions ?? [];
            ConfigBounds.Permissions.Require(permissions.Count, "a source's Permissions");
            foreach (var permission in permissions)
            {
                Require(permission.Http);
                Require(permission.Jwt, "a permission's JWT");
            }
        }
    }

    private static void Require(HttpCondition? http)
    {
        Text("a permission's path", http?.PathExact, http?.PathPrefix, http?.PathRegex);
        ConfigBounds.Conditions.Require(http?.Headers?.Count ?? 0, "a permission's Header");
        foreach (var header in http?.Headers ?? [])
        {
            Text("a permission's Header", header.Name, header.Exact, header.Prefix, header.Suffix, header.Regex);
        }
    }

    private static void Require(JwtRequirement? jwt, string path)
    {
        ConfigBounds.Jwt.Require(jwt?.Providers?.Count ?? 0, path + ".Providers");
        foreach (var provider in jwt?.Providers ?? [])
        {
            TextBounds.Name.Require(provider.Name, path + ".Providers.Name");
            ConfigBounds.Jwt.Require(provider.VerifyClaims?.Count ?? 0, path + ".Providers.VerifyClaims");
            foreach (var claim in provider.VerifyClaims ?? [])
            {
                ConfigBounds.Jwt.Require(claim.Path?.Count ?? 0, path + ".Providers.VerifyClaims.Path");
                Text(path + ".Providers.VerifyClaims", [claim.Value, .. claim.Path ?? []]);
            }
        }
    }

    private static void Text(string path, params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            TextBounds.Text.Require(text ?? string.Empty, path);
        }
    }
}
