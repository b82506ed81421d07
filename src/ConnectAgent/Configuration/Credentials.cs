using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Configuration;

/// <summary>
/// Tokens that the service manager hands over (systemd.exec(5), <c>LoadCredential=</c>): a file of the credentials directory has the name of the key that it
/// is the value of, so that no configuration file holds a secret.
/// </summary>
internal static class Credentials
{
    /// <summary>Has the directory; set by the service manager.</summary>
    public const string Variable = "CREDENTIALS_DIRECTORY";

    [Limit("start.credential", "bytes", "the start fails and names the credential")]
    private const int LargestFile = 8192;

    // What begins so and is none of the keys is a mistake; all else in the directory is read by its path, as a TLS key is.
    private const string Prefix = "acl.";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly ConfigKey<string?>[] Keys = [AclKeys.AgentToken, AclKeys.DefaultToken, AclKeys.ManagementToken, AclKeys.RecoveryToken];

    /// <summary>Takes them in the place of what files and flags say.</summary>
    /// <param name="values">Where they go.</param>
    /// <param name="directory">Null or empty: there are none.</param>
    /// <exception cref="ConfigurationException">One of them cannot be used; it is named, and its content is not shown.</exception>
    public static void Take(ConfigValues values, string? directory)
    {
        if (string.IsNullOrEmpty(directory))
        {
            return;
        }

        try
        {
            foreach (var name in Directory.EnumerateFiles(directory, Prefix + "*").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
            {
                if (Array.Find(Keys, key => key.Path == name) is not { } key)
                {
                    values.Warnings.Add($"credential {name} is none of {string.Join(", ", Keys.Select(static key => key.Path))}: it has no effect");
                    continue;
                }

                if (values.Has(key))
                {
                    values.Warnings.Add($"{key.Path} is set by a credential, too: the credential counts");
                }

                var token = Read(Path.Combine(directory, name), name);
                values.Set(key, token, [SaidPart.Text(token, new ConfigSource($"{Variable} {name}"))]);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{Variable}: {directory} cannot be read: {error.Message}");
        }
    }

    private static string Read(string path, string name)
    {
        try
        {
            var text = Utf8.GetString(RegularFile.ReadAll(path, LargestFile)).TrimEnd();
            return text.Length > 0 ? text : throw new ConfigurationException($"credential {name}: it is empty");
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigurationException($"credential {name}: it is not Unicode");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"credential {name}: {error.Message}");
        }
    }
}
