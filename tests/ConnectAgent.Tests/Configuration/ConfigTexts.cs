using ConnectAgent.Configuration;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Reads configurations that stand in a test, through files as an agent does.</summary>
internal static class ConfigTexts
{
    /// <summary>What an agent with a control plane, in memory, makes of files with these contents.</summary>
    public static AgentConfiguration Read(params string[] contents) => AgentConfiguration.Build(Merge(contents), devMode: true);

    /// <summary>The merged values. Errors name the first file <c>0.json</c>, without its folder.</summary>
    public static ConfigValues Merge(params string[] contents)
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-");
        try
        {
            var values = new ConfigValues();
            foreach (var (number, content) in contents.Index())
            {
                var path = Path.Combine(folder.FullName, $"{number}.json");
                File.WriteAllText(path, content);
                ConfigFile.Read(path, values);
            }

            return values;
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException(error.Message.Replace(folder.FullName + "/", string.Empty, StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
