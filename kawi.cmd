@echo off
rem Runs Kawi from its source tree on Windows. UNTESTED: nobody has run this file yet; reports are welcome.
rem Needs JAVA_HOME (or KAWI_JAVA_HOME) at a JDK 25 or newer, and Maven 3.8 or newer on the PATH.
rem Builds when it has not been built; after a change of the sources, delete the folder .kawi.
setlocal
set "HOME_DIR=%~dp0"
set "APP=%HOME_DIR%.kawi\app"
if not "%KAWI_JAVA_HOME%"=="" set "JAVA_HOME=%KAWI_JAVA_HOME%"
if "%JAVA_HOME%"=="" (
  echo kawi: needs a JDK 25 or newer; install one from https://adoptium.net and point JAVA_HOME at it 1>&2
  exit /b 1
)
if not exist "%APP%\built" (
  echo kawi: building for the first time; Maven may download libraries for some minutes 1>&2
  if not exist "%APP%" mkdir "%APP%"
  call mvn -B -q -f "%HOME_DIR%pom.xml" -Dmaven.test.skip=true package 1>"%HOME_DIR%.kawi\build.log" 2>&1
  if errorlevel 1 (
    echo kawi: the build failed; its output is in "%HOME_DIR%.kawi\build.log" 1>&2
    exit /b 1
  )
  copy /y "%HOME_DIR%cli\target\lib\*.jar" "%APP%" >nul
  copy /y "%HOME_DIR%cli\target\kawi-cli-*.jar" "%APP%" >nul
  echo built>"%APP%\built"
)
"%JAVA_HOME%\bin\java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true ^
  %KAWI_JAVA_OPTS% -cp "%APP%\*" dev.kawi.cli.Kawi %*
exit /b %ERRORLEVEL%
